// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"iter"
	"os"
	"sync"
	"time"
)

func seq(c chan int, mu *sync.Mutex) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		mu.Lock()
		defer mu.Unlock()
		for v := range c {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func use(ctx context.Context, c chan int, mu *sync.Mutex) (err error) {
	t := time.NewTicker(1)
outer:
	for v, e := range seq(c, mu) {
		defer os.Remove("x")
		for i := range 10 {
			for range i {
				select {
				case <-t.C:
					break outer
				case <-ctx.Done():
					continue outer
				case c <- v:
					return
				}
			}
		}
		if e != nil {
			os.Exit(1)
		}
	}
	for range seq(c, mu) {
		go func() {
			for range seq(c, mu) {
				for range t.C {
				}
			}
		}()
	}
end:
	for {
	sw:
		switch x := any(c).(type) {
		case chan int:
			if x == nil {
				break sw
			}
			fallthroughs(1)
		default:
			break end
		}
	}
	return
}

func fallthroughs(i int) {
l:
	switch i {
	case 1:
		fallthrough
	case 2:
		goto l
	default:
		for {
			break l
		}
	}
	{
		goto m
	}
m:
	func() {
		defer func() { recover() }()
		panic(1)
	}()
	for i := 0; ; {
		_ = i
	}
}
