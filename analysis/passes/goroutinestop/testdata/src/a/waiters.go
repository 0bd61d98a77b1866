// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"errors"
	"net"
	"os"
	"os/signal"
	"sync"
	"time"
)

type sender struct {
	mu     sync.Mutex
	quit   chan struct{}
	closed bool
	timers map[int]*time.Timer
	out    chan int
}

func (s *sender) Close() { close(s.quit) }

func (s *sender) connect() error { return errors.New("away") }

var errFatal = errors.New("fatal")

func (s *sender) Start() {
	s.quit, s.out = make(chan struct{}), make(chan int)
	go s.queue() // want `the goroutine cannot be stopped while it fails: the loop at line \d+ tries until it has success`
	go func() {  // want `tries until it has success, and does not look for the stop`
		for {
			if err := s.connect(); err != nil {
			}
			if err := s.connect(); err != nil {
				time.Sleep(time.Second)
				continue
			}
			return
		}
	}()
	go s.looks()
	go s.counts()
	go s.fails()
}

func (s *sender) queue() {
	for {
		select {
		case <-s.quit:
			return
		case <-s.out:
			for {
				err := s.connect()
				if err == nil {
					break
				}
				if err == errFatal {
					if err = s.connect(); err != nil {
						println(err)
					} else {
						break
					}
				}
				time.Sleep(time.Second)
			}
		}
	}
}

// They see the stop, or end at an error.
func (s *sender) looks() {
	for {
		err := s.connect()
		if err == nil || s.closed {
			return
		}
		time.Sleep(time.Second)
	}
}

func (s *sender) counts() {
	for i := 0; ; i++ {
		if err := s.connect(); err == nil {
			return
		}
		if i > 3 {
			return
		}
		time.Sleep(time.Second)
	}
}

func (s *sender) fails() {
	for {
		if err := s.connect(); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func (s *sender) accept(ctx context.Context, ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go func() { // want `the goroutine stays when its connection is closed: it waits for ctx.Done\(\) alone, one more for each that is accepted`
			<-ctx.Done()
			conn.Close()
		}()
		own, cancel := context.WithCancel(ctx)
		go func() {
			<-own.Done()
			conn.Close()
		}()
		go func() {
			defer cancel()
			conn.Read(nil)
		}()
	}
}

func (s *sender) schedule(id int) {
	timer := time.NewTimer(time.Minute)
	s.timers[id] = timer
	go func() { // want `the goroutine stays when its timer is stopped: nothing is sent to timer.C then`
		<-timer.C
		s.out <- id
	}()
	local := time.NewTimer(time.Minute)
	go func() {
		<-local.C
		s.out <- id
	}()
}

func (s *sender) cancel(id int) { s.timers[id].Stop() }

func (s *sender) trap(cancel func()) {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt)
	go func() { // want `it waits for a signal of the system alone, also when its object is stopped`
		<-ch
		cancel()
	}()
	both := make(chan os.Signal, 1)
	signal.Notify(both, os.Interrupt)
	go func() {
		select {
		case <-both:
		case <-s.quit:
		}
	}()
}

func (s *sender) wait(limit time.Duration) error {
	got := make(chan error, 1)
	go func() { // want `the loop at line \d+ polls on when nobody waits for got any more`
		for {
			if err := s.connect(); err == nil {
				got <- nil
				return
			}
			time.Sleep(time.Second)
		}
	}()
	until := time.Now().Add(limit)
	go func() {
		for {
			if err := s.connect(); err == nil || time.Now().After(until) {
				got <- err
				return
			}
			time.Sleep(time.Second)
		}
	}()
	select {
	case err := <-got:
		return err
	case <-time.After(limit):
		return nil
	}
}

type watcher struct{ done chan struct{} }

func newWatcher() *watcher { return &watcher{done: make(chan struct{})} }

func (w *watcher) Start() { <-w.done }

func (w *watcher) Stop() { close(w.done) }

func renew() {
	w := newWatcher()
	go w.Start() // want `the goroutine cannot be stopped: nobody has w to call Stop of it`
	kept := newWatcher()
	go kept.Start()
	time.AfterFunc(time.Minute, kept.Stop)
}

// The agent that the plugin is for gets the signal as well, and calls Stop.
type plugin struct{ quit chan struct{} }

func (p *plugin) Stop() { close(p.quit) }

func (p *plugin) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	go p.untilInterrupt(cancel) // want `it waits for a signal of the system alone, also when its object is stopped`
	go p.ranges(cancel)         // want `it waits for a signal of the system alone`
	go p.stopped(cancel)
	<-ctx.Done()
}

func (p *plugin) untilInterrupt(cancel func()) {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt)
	for {
		sig := <-ch
		if sig == os.Interrupt {
			cancel()
			return
		}
	}
}

func (p *plugin) ranges(cancel func()) {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt)
	for range ch {
		cancel()
	}
}

func (p *plugin) stopped(cancel func()) {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt)
	go func() {
		<-p.quit
		signal.Stop(ch)
		close(ch)
	}()
	for range ch {
		cancel()
	}
}
