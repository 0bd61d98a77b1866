// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"sync"
	"time"
)

func query() int { return 1 }

func after() {
	ch := make(chan int, 2)
	close(ch)
	ch <- 1 // want `send on ch after its close at line \d+ panics`
}

func inLoop(n int) {
	ch := make(chan int, n)
	for i := range n {
		ch <- i // want `send on ch after its close at line \d+ panics`
		close(ch)
	}
}

func leaves(ctx context.Context) int {
	ch := make(chan int, 1)
	defer close(ch)
	go func() { ch <- query() }() // want `send on ch, which line \d+ may have closed before: then it panics`
	select {
	case r := <-ch:
		return r
	case <-ctx.Done():
		return 0
	}
}

func gaveUp() {
	ch := make(chan int)
	go func() { ch <- query() }() // want `send on ch, which line \d+ may have closed before`
	select {
	case <-ch:
	case <-time.After(time.Second):
	}
	close(ch)
}

type feed struct {
	out  chan int
	quit chan struct{}
	wg   sync.WaitGroup
}

func (f *feed) start() { go f.loop() }

func (f *feed) loop() {
	for {
		select {
		case f.out <- query(): // want `send on f.out in a select with quit: line \d+ closes both, and the select may choose the send`
		case <-f.quit:
			return
		}
	}
}

func (f *feed) Close() {
	close(f.quit)
	close(f.out)
}

type reader struct {
	msgs chan int
	end  bool
}

func (r *reader) start() { go r.loop() }

func (r *reader) loop() {
	for !r.end {
		r.msgs <- query() // want `send on r.msgs, which Close closes at line \d+ without waiting for this goroutine: then it panics`
	}
}

func (r *reader) Close() {
	if r.msgs != nil {
		close(r.msgs)
		r.msgs = nil
	}
}

type importer struct {
	in, quit chan int
	once     sync.Once
}

func (i *importer) Put(v int) {
	select {
	case i.in <- v: // want `send on i.in in a select with quit`
	case <-i.quit:
	}
}

func (i *importer) Close() {
	i.once.Do(func() {
		close(i.quit)
		close(i.in)
	})
}

// What follows is innocent.

type own struct{ msgs chan int }

func (o *own) start() {
	go func() {
		defer o.Close()
		o.msgs <- query()
	}()
}

func (o *own) Close() { close(o.msgs) }

type protected struct{ msgs chan int }

func try(f func()) { defer func() { _ = recover() }(); f() }

func (p *protected) start() {
	go func() {
		try(func() { p.msgs <- query() })
	}()
}

func (p *protected) Close() { close(p.msgs) }

type waiting struct {
	out  chan int
	quit chan struct{}
	wg   sync.WaitGroup
}

func (w *waiting) start() { w.wg.Add(1); go w.loop() }

func (w *waiting) loop() {
	defer w.wg.Done()
	for {
		select {
		case w.out <- query():
		case <-w.quit:
			return
		}
	}
}

func (w *waiting) Close() {
	close(w.quit)
	w.wg.Wait()
	close(w.out)
}

type guarded struct {
	mu  sync.Mutex
	out chan int
	end bool
}

func (g *guarded) start() { go g.send() }

func (g *guarded) send() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.end {
		g.out <- 1
	}
}

func (g *guarded) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.end = true
	close(g.out)
}

func senderCloses() int {
	ch := make(chan int)
	go func() {
		defer close(ch)
		ch <- query()
	}()
	return <-ch
}

func received() int {
	ch := make(chan int)
	defer close(ch)
	go func() { ch <- query() }()
	return <-ch
}

func all(n int) (sum int) {
	ch := make(chan int, n)
	var wg sync.WaitGroup
	for range n {
		wg.Add(1)
		go func() { defer wg.Done(); ch <- query() }()
	}
	wg.Wait()
	close(ch)
	for v := range ch {
		sum += v
	}
	return sum
}

func remade() {
	ch := make(chan int, 1)
	close(ch)
	ch = make(chan int, 1)
	ch <- 1
}

func exclusive(n int) {
	ch := make(chan int, 1)
	if n > 0 {
		close(ch)
		return
	}
	ch <- 1
}

func recovers(ctx context.Context) {
	ch := make(chan int)
	defer close(ch)
	go func() {
		defer func() { _ = recover() }()
		ch <- query()
	}()
	select {
	case <-ch:
	case <-ctx.Done():
	}
}
