// SPDX-License-Identifier: Apache-2.0

package leaving

import (
	"context"
	"errors"
	"sync"
	"time"
)

// hub is told of clients by calls; its loop ends with the context.
type hub struct {
	join  chan string
	leave chan string
	stats chan chan int
	quit  chan struct{}
	once  sync.Once
}

func newHub(ctx context.Context) *hub {
	h := &hub{join: make(chan string), leave: make(chan string), stats: make(chan chan int), quit: make(chan struct{})}
	go h.run(ctx)
	return h
}

func (h *hub) run(ctx context.Context) {
	all := map[string]bool{}
	for {
		select {
		case s := <-h.join:
			all[s] = true
		case s := <-h.leave:
			delete(all, s)
		case c := <-h.stats:
			c <- len(all)
		case <-ctx.Done():
			return
		case <-h.quit:
			return
		}
	}
}

func (h *hub) Join(s string) {
	h.join <- s // want `h.join has no buffer, and its receiver leaves at line \d+`
}

func (h *hub) Leave(ctx context.Context, s string) error {
	select {
	case h.leave <- s:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hub) Count() int {
	c := make(chan int)
	h.stats <- c // want `h.stats has no buffer, and its receiver leaves at line \d+`
	return <-c
}

func (h *hub) Stop() { h.once.Do(func() { close(h.quit) }) }

// asked waits in a function of its own.
func asked(ctx context.Context) (int, error) {
	answers := make(chan int)
	go func() {
		answers <- query() // want `answers has no buffer, and its receiver leaves at line \d+`
	}()
	return first(ctx, answers)
}

func first(ctx context.Context, answers <-chan int) (int, error) {
	select {
	case n := <-answers:
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// client has calls that wait for their answers.
type client struct {
	mu    sync.Mutex
	calls map[int]chan string
	read  func() (int, string, error)
}

func (c *client) call(id int) (string, error) {
	ch := make(chan string)
	c.mu.Lock()
	c.calls[id] = ch
	c.mu.Unlock()
	select {
	case s := <-ch:
		return s, nil
	case <-time.After(time.Second):
		c.mu.Lock()
		delete(c.calls, id)
		c.mu.Unlock()
		return "", errors.New("timeout")
	}
}

func (c *client) loop() {
	for {
		id, s, err := c.read()
		if err != nil {
			return
		}
		c.mu.Lock()
		ch, ok := c.calls[id]
		c.mu.Unlock()
		if ok {
			ch <- s // want `ch has no buffer, and its receiver leaves at line \d+`
		}
	}
}

// What follows is innocent.

// patient drains what comes when it was told to stop.
type patient struct {
	in   chan string
	done chan struct{}
}

func newPatient() *patient {
	p := &patient{in: make(chan string), done: make(chan struct{})}
	go p.run()
	return p
}

func (p *patient) run() {
	for {
		select {
		case <-p.in:
		case <-p.done:
			for range p.in {
			}
			return
		}
	}
}

func (p *patient) put(s string) { p.in <- s }

// roomy has a place for the answer.
type roomy struct {
	calls map[int]chan string
}

func (c *roomy) call(id int) string {
	ch := make(chan string, 1)
	c.calls[id] = ch
	select {
	case s := <-ch:
		return s
	case <-time.After(time.Second):
		return ""
	}
}

func (c *roomy) answer(id int, s string) {
	if ch := c.calls[id]; ch != nil {
		ch <- s
	}
}

// lasting looks at a time that passes in each turn, and goes on.
type lasting struct{ in chan int }

func newLasting() *lasting {
	l := &lasting{in: make(chan int)}
	go l.run()
	return l
}

func (l *lasting) run() {
	for {
		select {
		case <-l.in:
		case <-time.After(time.Second):
			continue
		}
	}
}

func (l *lasting) put() { l.in <- 1 }

// asking looks whether it may send.
type asking struct {
	in     chan int
	closed bool
	quit   chan struct{}
}

func newAsking() *asking {
	a := &asking{in: make(chan int), quit: make(chan struct{})}
	go func() {
		for {
			select {
			case <-a.in:
			case <-a.quit:
				return
			}
		}
	}()
	return a
}

func (a *asking) put() {
	if a.closed {
		return
	}
	a.in <- 1
}

func (a *asking) stop() {
	a.closed = true
	close(a.quit)
}

func query() int { return 1 }

// notice tells of a new version, if somebody waits for that at the very moment.
type notice struct{ news chan string }

func newNotice(ask func() string) *notice {
	n := &notice{news: make(chan string)}
	go func() {
		n.news <- ask() // want `n.news has no buffer, and its receiver leaves at line \d+`
	}()
	return n
}

func (n *notice) print() {
	select {
	case s := <-n.news:
		println(s)
	default:
	}
}

func prints(ask func() string) {
	n := newNotice(ask)
	println(ask())
	n.print()
}

// seen is looked at again and again.
type seen struct{ news chan string }

func newSeen(ask func() string) *seen {
	s := &seen{news: make(chan string)}
	go func() { s.news <- ask() }()
	return s
}

func (s *seen) look() {
	select {
	case n := <-s.news:
		println(n)
	default:
	}
}

func looks(s *seen) {
	for {
		s.look()
		time.Sleep(time.Second)
	}
}

// polled is looked at until it has come.
type polled struct{ news chan string }

func newPolled(ask func() string) *polled {
	p := &polled{news: make(chan string)}
	go func() { p.news <- ask() }()
	return p
}

func (p *polled) wait() string {
	for {
		select {
		case s := <-p.news:
			return s
		default:
			time.Sleep(time.Second)
		}
	}
}
