// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"context"
	"time"
)

// Watch looks for the stop at one send, and not at the other.
func Watch(ctx context.Context, in <-chan string) <-chan string {
	out := make(chan string)
	go watch(ctx, in, out)
	return out
}

func watch(ctx context.Context, in <-chan string, out chan<- string) {
	for {
		if len(in) == cap(in) {
			out <- "all" // want `out has no buffer, and this send does not look for the stop as that at line \d+ does`
		}
		select {
		case s := <-in:
			select {
			case out <- s:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// folder has a loop that others run.
type folder struct {
	ctx   context.Context
	delay chan time.Duration
}

func newFolder(s *supervisor) *folder {
	f := &folder{delay: make(chan time.Duration)}
	s.add(f.loop)
	return f
}

func (f *folder) loop(ctx context.Context) error {
	for {
		select {
		case d := <-f.delay:
			time.Sleep(d)
		case <-ctx.Done():
			return nil
		}
	}
}

func (f *folder) Delay(d time.Duration) {
	f.delay <- d // want `f.delay has no buffer, and its receiver leaves at line \d+`
}
