// SPDX-License-Identifier: Apache-2.0

// Package beside has objects whose Stop waits for a WaitGroup, and goroutines that it does
// not count.
package beside

import (
	"bufio"
	"context"
	"net"
	"sync"
	"time"
)

// A Server counts the goroutine that accepts, and not those that serve.
type Server struct {
	ln    net.Listener
	wg    sync.WaitGroup
	mu    sync.Mutex
	conns map[net.Conn]bool
	lines int
}

func (s *Server) Start() {
	s.wg.Add(1)
	go s.accept()
}

func (s *Server) accept() {
	defer s.wg.Done()
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			break
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		go s.serve(conn) // want `Stop waits for a WaitGroup that does not count this goroutine`
	}
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
}

func (s *Server) serve(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		s.add(lines.Text())
	}
}

func (s *Server) add(string) { s.lines++ }

func (s *Server) Stop() {
	s.ln.Close()
	s.wg.Wait()
}

// A Poller counts one of its two goroutines.
type Poller struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	state  int
}

func (p *Poller) Start() {
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		<-p.ctx.Done()
	}()
	go func() { // want `Stop waits for a WaitGroup that does not count this goroutine`
		for {
			select {
			case <-time.After(time.Second):
				p.poll()
			case <-p.ctx.Done():
				return
			}
		}
	}()
	go func() { // ends by itself
		for range 3 {
			p.poll()
		}
	}()
	go func() { // does not touch the object
		for p.ctx.Err() == nil {
			time.Sleep(time.Second)
		}
	}()
}

func (p *Poller) poll() { p.state++ }

func (p *Poller) Stop() {
	p.cancel()
	p.wg.Wait()
}

// A Told has a goroutine that says itself that it is done.
type Told struct {
	quit, done chan struct{}
	wg         sync.WaitGroup
	state      int
}

func (t *Told) Start() {
	t.wg.Add(1)
	go func() {
		defer t.wg.Done()
		t.work()
	}()
	go t.loop()
	go t.watch()
}

func (t *Told) loop() {
	defer close(t.done)
	for {
		select {
		case <-t.quit:
			return
		case <-time.After(time.Second):
			t.work()
		}
	}
}

// watch waits for the others.
func (t *Told) watch() {
	t.wg.Wait()
	for {
		select {
		case <-t.quit:
			return
		case <-time.After(time.Second):
			t.work()
		}
	}
}

func (t *Told) work() { t.state++ }

func (t *Told) Stop() {
	close(t.quit)
	t.wg.Wait()
	<-t.done
}

// A Batch waits for a WaitGroup of its calls, not when it is stopped.
type Batch struct {
	quit  chan struct{}
	wg    sync.WaitGroup
	state int
}

func (b *Batch) Run() {
	go func() {
		for {
			select {
			case <-b.quit:
				return
			case <-time.After(time.Second):
				b.one()
			}
		}
	}()
	b.wg.Add(1)
	go func() {
		defer b.wg.Done()
		b.one()
	}()
	b.wg.Wait()
}

func (b *Batch) one() { b.state++ }

func (b *Batch) Stop() { close(b.quit) }

// A Made starts its goroutines when it is made.
type Made struct {
	quit chan struct{}
	wg   sync.WaitGroup
	n    int
}

// NewMade makes one.
func NewMade() *Made {
	m := &Made{quit: make(chan struct{})}
	m.wg.Add(1)
	go m.loop()
	go m.aside() // want `Close waits for a WaitGroup that does not count this goroutine`
	return m
}

func (m *Made) loop() {
	defer m.wg.Done()
	m.aside()
}

func (m *Made) aside() {
	for {
		select {
		case <-m.quit:
			return
		case <-time.After(time.Second):
			m.one()
		}
	}
}

func (m *Made) one() { m.n++ }

// Close ends both.
func (m *Made) Close() {
	close(m.quit)
	m.wg.Wait()
}
