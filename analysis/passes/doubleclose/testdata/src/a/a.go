// SPDX-License-Identifier: Apache-2.0

package a

import (
	"errors"
	"os"
	"sync"
)

func load() error { return errors.New("no") }

func deferredAndExplicit() error {
	done := make(chan struct{})
	defer close(done) // want `done is closed already: line \d+ closes it on this path`
	if err := load(); err != nil {
		return err
	}
	close(done)
	return nil
}

func errorPath() error {
	done := make(chan struct{})
	close(done)
	if err := load(); err != nil {
		close(done) // want `done is closed already: line \d+ closes it on this path`
		return err
	}
	return nil
}

func inLoop(n int) {
	done := make(chan struct{})
	for range n {
		close(done) // want `done is closed already`
	}
}

func byLiteral() {
	done := make(chan struct{})
	stop := func() { close(done) }
	defer stop() // want `stop closes done again: line \d+ has called it already`
	_ = load()
	stop()
}

type conn struct {
	done chan struct{}
	quit chan struct{}
	once sync.Once
	mu   sync.Mutex
	shut bool
}

func (c *conn) Close() { close(c.done) }

func beside(c *conn, signals chan os.Signal) {
	defer c.Close() // want `c.Close closes done again: the goroutine of line \d+ calls it too`
	go func() {
		<-signals
		c.Close()
	}()
	<-c.done
}

func besideAndExits(c *conn, signals chan os.Signal) {
	defer c.Close()
	go func() {
		<-signals
		c.Close()
		os.Exit(0)
	}()
	<-c.quit
}

func use(c *conn) {
	defer c.Close() // want `c.Close closes done again: line \d+ has called it already`
	if err := load(); err != nil {
		return
	}
	c.Close()
}

func twice(c *conn) {
	c.Close()
	_ = load()
	c.Close() // want `c.Close closes done again`
}

type pair struct{ done chan struct{} }

func (p *pair) start() {
	go p.read()
	go p.write()
}

func (p *pair) read() { defer close(p.done) }

func (p *pair) write() {
	defer p.finish()
	_ = load()
}

func (p *pair) finish() { close(p.done) } // want `p.done is closed by two goroutines, those of lines \d+ and \d+: the second close panics`

type racy struct{ done chan struct{} }

func (r *racy) start() {
	go r.read()
	go r.write()
}

func (r *racy) read()  { defer r.finish() }
func (r *racy) write() { defer r.finish() }

func (r *racy) finish() {
	select {
	case <-r.done:
	default:
		close(r.done) // want `r.done is closed by two goroutines, those of lines \d+ and \d+: between looking and closing the other may close it`
	}
}

func workers(n int) {
	done := make(chan struct{})
	for range n {
		go func() {
			defer close(done) // want `done is closed by each goroutine that the loop at line \d+ starts`
			_ = load()
		}()
	}
	<-done
}

// What follows is innocent.

func (c *conn) stop() { c.once.Do(func() { close(c.quit) }) }

func stops(c *conn) {
	defer c.stop()
	c.stop()
}

func (c *conn) flagged() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shut {
		return
	}
	c.shut = true
	close(c.quit)
}

func flags(c *conn) {
	defer c.flagged()
	c.flagged()
}

func (c *conn) mustStop() {
	if c.shut {
		panic("stopped twice")
	}
	c.shut = true
	close(c.quit)
}

func musts(c *conn) {
	defer c.mustStop()
	c.mustStop()
}

func (c *conn) looked() {
	select {
	case <-c.quit:
	default:
		close(c.quit)
	}
}

func looks(c *conn) {
	defer c.looked()
	c.looked()
}

func exclusive(n int) {
	done := make(chan struct{})
	if n > 0 {
		close(done)
		return
	}
	close(done)
}

func branches(n int) {
	done := make(chan struct{})
	switch n {
	case 1:
		close(done)
	default:
		close(done)
	}
}

func remade() {
	done := make(chan struct{})
	close(done)
	done = make(chan struct{})
	close(done)
}

func flag(n int) {
	done, open := make(chan struct{}), true
	if n > 0 {
		close(done)
		open = false
	}
	if open {
		close(done)
	}
}

func each(all []*conn) {
	for _, c := range all {
		close(c.done)
	}
}

func (c *conn) reset() { c.done = make(chan struct{}) }

func (c *conn) restart() {
	close(c.done)
	c.reset()
	close(c.done)
}

func perTurn(n int) {
	for range n {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = load()
		}()
		<-done
	}
}

func (c *conn) monitor(renew func() bool) {
	for {
		select {
		case <-c.done:
			c.done = make(chan struct{})
		default:
		}
		if renew() {
			continue
		}
		close(c.done)
	}
}

func two(a, b *conn) {
	a.Close()
	b.Close()
}

func onErrorOnly() error {
	c := &conn{done: make(chan struct{})}
	if err := load(); err != nil {
		c.Close()
		return err
	}
	c.Close()
	return nil
}

func firstOnly(n int) {
	done := make(chan struct{})
	for i := range n {
		go func() {
			if i == 0 {
				close(done)
			}
		}()
	}
	<-done
}

func opens() {
	trigger := make(chan int, 1)
	defer close(trigger)
	_ = load()
}

func accepts(n int) {
	for range n {
		go handles()
	}
}

func handles() { opens() }

type stream struct{ more chan struct{} }

func (s *stream) add() {
	close(s.more) // wakes who waits, and makes the next to wait for
	s.more = make(chan struct{})
}

func (s *stream) copy(n int) {
	for range n {
		s.add()
	}
	s.add()
}

// A pager tells who waits for the next page by closing a channel, and makes the next.
type pager struct{ more chan struct{} }

func (p *pager) add() {
	close(p.more)
	p.more = make(chan struct{})
}

func (p *pager) all(pages []string) {
	for range pages {
		p.add()
	}
	p.add()
}

type waiter struct{ done chan struct{} }

func (w *waiter) notify() { close(w.done) }

// What leaves before the second close knows of the first.
func answered(w *waiter, answers <-chan bool, late <-chan bool) {
	done, timeout := false, false
	for !done && !timeout {
		select {
		case done = <-answers:
		case <-late:
			w.notify()
			timeout = true
		}
	}
	if !done {
		return
	}
	w.notify()
}
