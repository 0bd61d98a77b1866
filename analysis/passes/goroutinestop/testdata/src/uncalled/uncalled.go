// SPDX-License-Identifier: Apache-2.0

// Package uncalled has objects of its own that can be stopped, and are not.
package uncalled

import (
	"io"
	"time"
)

// keys are loaded again and again.
type keys struct {
	timer *time.Timer
	n     int
}

func newKeys() *keys {
	k := &keys{}
	k.timer = time.AfterFunc(time.Hour, k.load) // want `the timer cannot be stopped: its function sets it again each time`
	return k
}

func (k *keys) load() {
	k.n++
	k.timer.Reset(time.Hour)
}

func (k *keys) Close() { k.timer.Stop() } // nobody calls it

// A Store has keys.
type Store struct {
	keys    *keys
	closed  *shut
	loop    *loop
	asked   *asked
	watched io.Closer
	once    *once
}

// New makes a store.
func New() *Store {
	s := &Store{keys: newKeys(), closed: newShut(), loop: newLoop(), asked: newAsked(), once: newOnce()}
	s.watched = newWatched()
	dropped()
	return s
}

// Close forgets some of them.
func (s *Store) Close() {
	s.closed.Close()
	s.asked.stop()
	_ = s.watched.Close()
}

// shut is closed by the store.
type shut struct{ timer *time.Timer }

func newShut() *shut {
	k := &shut{}
	k.timer = time.AfterFunc(time.Hour, k.load)
	return k
}

func (k *shut) load() { k.timer.Reset(time.Hour) }

func (k *shut) Close() { k.timer.Stop() }

// once does it once, or as long as there is something to do.
type once struct {
	timer *time.Timer
	left  int
}

func newOnce() *once {
	k := &once{left: 3}
	k.timer = time.AfterFunc(time.Hour, k.load)
	return k
}

func (k *once) load() {
	k.left--
	if k.left > 0 {
		k.timer.Reset(time.Hour)
	}
}

func dropped() {
	time.AfterFunc(time.Hour, again) // want `the timer cannot be stopped`
}

func again() { time.AfterFunc(time.Hour, again) }

// loop has a method that ends it, which nobody calls.
type loop struct{ quit chan struct{} }

func newLoop() *loop {
	l := &loop{quit: make(chan struct{})}
	go l.run() // want `the goroutine cannot be stopped: nothing calls loop.stop, which ends it`
	return l
}

func (l *loop) run() {
	for {
		select {
		case <-l.quit:
			return
		case <-time.After(time.Second):
		}
	}
}

func (l *loop) stop() { close(l.quit) }

// asked is stopped by the store.
type asked struct{ quit chan struct{} }

func newAsked() *asked {
	a := &asked{quit: make(chan struct{})}
	go a.run()
	return a
}

func (a *asked) run() {
	for {
		select {
		case <-a.quit:
			return
		case <-time.After(time.Second):
		}
	}
}

func (a *asked) stop() { close(a.quit) }

// watched is closed through an interface.
type watched struct{ quit chan struct{} }

func newWatched() *watched {
	w := &watched{quit: make(chan struct{})}
	go w.run()
	return w
}

func (w *watched) run() {
	for {
		select {
		case <-w.quit:
			return
		case <-time.After(time.Second):
		}
	}
}

func (w *watched) Close() error {
	close(w.quit)
	return nil
}

// given is what other packages get, who may stop it.
type given struct{ quit chan struct{} }

// Give makes one.
func Give() *given {
	g := &given{quit: make(chan struct{})}
	go g.run()
	return g
}

func (g *given) run() {
	for {
		select {
		case <-g.quit:
			return
		case <-time.After(time.Second):
		}
	}
}

// Stop ends it.
func (g *given) Stop() { close(g.quit) }

// A Lessor is what other packages know of a lessor.
type Lessor interface {
	Revoke()
	Stop()
}

type lessor struct{ quit chan struct{} }

// NewLessor makes one.
func NewLessor() Lessor { return newLessor() }

func newLessor() *lessor {
	l := &lessor{quit: make(chan struct{})}
	go l.run()
	return l
}

func (l *lessor) run() {
	for {
		select {
		case <-l.quit:
			return
		case <-time.After(time.Second):
		}
	}
}

func (l *lessor) Revoke() {}

func (l *lessor) Stop() { close(l.quit) }

// A Peer is one of the others; only this package can stop it.
type Peer interface{ halt() }

type peer struct{ quit chan struct{} }

func newPeer() *peer {
	p := &peer{quit: make(chan struct{})}
	go p.run()
	return p
}

func (p *peer) run() {
	for {
		select {
		case <-p.quit:
			return
		case <-time.After(time.Second):
		}
	}
}

func (p *peer) halt() { close(p.quit) }

// Halt ends all.
func Halt() {
	for _, p := range []Peer{newPeer()} {
		p.halt()
	}
}
