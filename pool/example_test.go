// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-quiesce/quiesce/pool"
	"github.com/go-quiesce/quiesce/scope"
)

// Jobs that nobody waits for, and a close that waits for all of them.
func Example() {
	ctx := context.Background()
	p := pool.New(ctx, "mail",
		pool.WithWorkers(1, 4),
		pool.WithErrors(func(e *scope.TaskError) { fmt.Println(e) }))
	defer p.Stop()

	for _, to := range []string{"ann", "nobody", "bob"} {
		err := p.Submit(ctx, "send", func(context.Context) error {
			if to == "nobody" {
				return errors.New("no such address")
			}
			return nil
		})
		if err != nil {
			fmt.Println("not accepted:", err)
		}
	}

	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println(p.Stats().OK, "sent,", p.Stats().Failed, "failed")
	// Output:
	// task "send" of "mail": no such address
	// 2 sent, 1 failed
}

// A job with a result.
func ExampleCall() {
	p := pool.New(context.Background(), "hash")
	defer p.Stop()

	n, err := pool.Call(context.Background(), p, "square", func(context.Context) (int, error) {
		return 7 * 7, nil
	})
	fmt.Println(n, err)
	// Output: 49 <nil>
}

// Load is shed instead of queued without end.
func ExampleWithFull() {
	ctx := context.Background()
	p := pool.New(ctx, "thumbnails", pool.WithWorkers(0, 1), pool.WithQueue(1), pool.WithFull(pool.Reject))
	defer p.Stop()

	release := make(chan struct{})
	for i := range 3 {
		err := p.Submit(ctx, "scale", func(context.Context) error { <-release; return nil })
		fmt.Println(i, err)
	}
	close(release)
	// Output:
	// 0 <nil>
	// 1 <nil>
	// 2 pool: queue is full
}

// What a close without drain leaves undone is said.
func ExamplePool_Drop() {
	ctx := context.Background()
	p := pool.New(ctx, "index", pool.WithWorkers(0, 1))

	begun, release := make(chan struct{}), make(chan struct{})
	p.Submit(ctx, "add", func(context.Context) error { close(begun); <-release; return nil })
	<-begun
	p.Submit(ctx, "add", func(context.Context) error { return nil })
	p.Submit(ctx, "add", func(context.Context) error { return nil })
	p.Submit(ctx, "remove", func(context.Context) error { return nil })

	time.AfterFunc(time.Millisecond, func() { close(release) })
	err := p.Drop(ctx)
	fmt.Println(err)
	if dropped, ok := errors.AsType[*pool.DroppedError](err); ok {
		for _, d := range dropped.Jobs {
			fmt.Println(d.Name, d.Count)
		}
	}
	// Output:
	// pool: "index" dropped "add" (2), "remove": scope was stopped
	// add 2
	// remove 1
}

// A worker whose job hangs is reported and replaced.
func ExampleWithStuckAfter() {
	ctx := context.Background()
	release, reported := make(chan struct{}), make(chan struct{})
	p := pool.New(ctx, "fetch", pool.WithWorkers(0, 1),
		pool.WithStuckAfter(10*time.Millisecond, 1, func(s pool.Stuck) {
			fmt.Printf("%s: %q is stuck, replaced: %v\n", s.Pool, s.Job, s.Replaced)
			close(reported)
		}))
	defer p.Stop()

	p.Submit(ctx, "hang", func(context.Context) error { <-release; return nil })
	p.Submit(ctx, "next", func(context.Context) error {
		<-reported
		fmt.Println("next runs")
		close(release)
		return nil
	})
	p.Wait(ctx)
	// Output:
	// fetch: "hang" is stuck, replaced: true
	// next runs
}
