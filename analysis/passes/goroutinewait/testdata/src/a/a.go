// SPDX-License-Identifier: Apache-2.0

package a

import (
	"bufio"
	"context"
	"net"
	"os"
	"sync"
	"time"
)

type journal struct {
	file *os.File
	quit chan struct{}
}

func newJournal(f *os.File) *journal {
	j := &journal{file: f, quit: make(chan struct{})}
	go j.flush() // want `Close closes j.file at line \d+ without waiting for this goroutine, which may still use it`
	return j
}

func (j *journal) flush() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = j.file.Sync()
		case <-j.quit:
			return
		}
	}
}

func (j *journal) Close() error {
	close(j.quit)
	return j.file.Close()
}

type byContext struct {
	file   *os.File
	ctx    context.Context
	cancel context.CancelFunc
}

func (b *byContext) start() {
	go func() { // want `Stop closes b.file at line \d+ without waiting for this goroutine`
		for {
			select {
			case <-time.After(time.Second):
				b.write()
			case <-b.ctx.Done():
				return
			}
		}
	}()
}

func (b *byContext) write() { _, _ = b.file.WriteString("x") }

func (b *byContext) Stop() {
	b.cancel()
	b.file.Close()
}

func work() {}

func (g *grouped) doneFirst() {
	g.wg.Add(1)
	go func() {
		g.wg.Done() // want `Done comes before the work and not in a defer`
		work()
	}()
}

func (g *grouped) inner() {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		go work() // want `this goroutine is not counted, and the one around it, which is, ends at once`
	}()
}

type ownContext struct {
	file   *os.File
	cancel context.CancelFunc
}

func newOwnContext(f *os.File) *ownContext {
	ctx, cancel := context.WithCancel(context.Background())
	o := &ownContext{f, cancel}
	go o.loop(ctx) // want `Close closes o.file at line \d+ without waiting for this goroutine`
	return o
}

func (o *ownContext) loop(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = o.file.Sync()
		case <-ctx.Done():
			return
		}
	}
}

func (o *ownContext) Close() error {
	o.cancel()
	return o.file.Close()
}

type buffered struct {
	file *os.File
	w    *bufio.Writer
	tick *time.Ticker
	quit chan struct{}
}

func (b *buffered) start() {
	go b.loop() // want `Close does not wait for this goroutine, which still calls b.w.Flush then`
}

func (b *buffered) loop() {
	for {
		select {
		case <-b.tick.C:
			_ = b.w.Flush()
		case <-b.quit:
			_ = b.w.Flush()
			return
		}
	}
}

func (b *buffered) Close() error {
	b.tick.Stop()
	close(b.quit)
	return b.file.Close()
}

func batches(ctx context.Context, in chan string, flush func([]string)) {
	go func() { // want `nobody waits for this goroutine, which still calls flush when its context ends`
		var all []string
		for {
			select {
			case s := <-in:
				all = append(all, s)
			case <-ctx.Done():
				flush(all)
				return
			}
		}
	}()
}

// What follows is innocent.

func batchesAwaited(ctx context.Context, in chan string, flush func([]string)) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		var all []string
		for {
			select {
			case s := <-in:
				all = append(all, s)
			case <-ctx.Done():
				flush(all)
				return
			}
		}
	}()
	return done
}

func gate() {
	var started sync.WaitGroup
	started.Add(1)
	go func() {
		started.Done()
		work()
	}()
	started.Wait()
}

func (g *grouped) last() {
	g.wg.Add(2)
	go func() {
		work()
		g.wg.Done()
	}()
	go func() {
		defer g.wg.Done()
		g.wg.Add(1)
		go func() { defer g.wg.Done(); work() }()
	}()
}

type waits struct {
	file *os.File
	quit chan struct{}
	done chan struct{}
}

func (w *waits) start() {
	go func() {
		defer close(w.done)
		for {
			select {
			case <-time.After(time.Second):
				_ = w.file.Sync()
			case <-w.quit:
				return
			}
		}
	}()
}

func (w *waits) Close() error {
	close(w.quit)
	<-w.done
	return w.file.Close()
}

type grouped struct {
	file *os.File
	quit chan struct{}
	wg   sync.WaitGroup
}

func (g *grouped) start() {
	g.wg.Go(func() {})
	g.wg.Add(1)
	go g.loop()
}

func (g *grouped) loop() {
	defer g.wg.Done()
	for {
		select {
		case <-time.After(time.Second):
			_ = g.file.Sync()
		case <-g.quit:
			return
		}
	}
}

func (g *grouped) Close() error {
	close(g.quit)
	g.wg.Wait()
	return g.file.Close()
}

type network struct {
	conn net.Conn
	quit chan struct{}
}

func (n *network) start() {
	go func() {
		for {
			select {
			case <-n.quit:
				return
			default:
			}
			if _, err := n.conn.Read(nil); err != nil {
				return
			}
		}
	}()
}

func (n *network) Close() error {
	close(n.quit)
	return n.conn.Close()
}

type locked struct {
	mu   sync.Mutex
	file *os.File
	quit chan struct{}
}

func (l *locked) start() { go l.loop() }

func (l *locked) loop() {
	for {
		select {
		case <-time.After(time.Second):
			l.mu.Lock()
			if l.file != nil {
				_ = l.file.Sync()
			}
			l.mu.Unlock()
		case <-l.quit:
			return
		}
	}
}

func (l *locked) Close() {
	close(l.quit)
	l.mu.Lock()
	l.file.Close()
	l.file = nil
	l.mu.Unlock()
}

type apart struct {
	file *os.File
	quit chan struct{}
	n    int
}

func (a *apart) start() {
	go func() {
		for {
			select {
			case <-time.After(time.Second):
				a.n++
			case <-a.quit:
				return
			}
		}
	}()
}

func (a *apart) Close() error {
	close(a.quit)
	return a.file.Close()
}

// unlooked locks, but does not look whether the file is there.
type unlooked struct {
	mu   sync.Mutex
	file *os.File
	quit chan struct{}
}

func (u *unlooked) start() {
	go func() { // want `Close closes u.file at line \d+ without waiting for this goroutine`
		for {
			select {
			case <-time.After(time.Second):
				u.mu.Lock()
				_ = u.file.Sync()
				u.mu.Unlock()
			case <-u.quit:
				return
			}
		}
	}()
}

func (u *unlooked) Close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	close(u.quit)
	u.file.Close()
}
