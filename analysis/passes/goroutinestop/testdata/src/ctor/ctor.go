// SPDX-License-Identifier: Apache-2.0

// Package ctor has constructors that start a goroutine and may fail after that.
package ctor

import (
	"errors"
	"os"
	"time"
)

var errBad = errors.New("bad")

// A Watcher looks at a file until it is closed.
type Watcher struct {
	quit chan struct{}
	file *os.File
}

func (w *Watcher) loop() {
	for {
		select {
		case <-w.quit:
			return
		case <-time.After(time.Second):
			_, _ = w.file.Stat()
		}
	}
}

// Close ends it.
func (w *Watcher) Close() { close(w.quit) }

// New starts first, and then looks whether it can.
func New(name string) (*Watcher, error) {
	w := &Watcher{quit: make(chan struct{})}
	go w.loop() // want `cannot be stopped any more when New returns the error at line 40: nobody gets what has the method Close`
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	w.file = file
	return w, nil
}

// NewClosed stops what it has started.
func NewClosed(name string) (*Watcher, error) {
	w := &Watcher{quit: make(chan struct{})}
	go w.loop()
	file, err := os.Open(name)
	if err != nil {
		w.Close()
		return nil, err
	}
	w.file = file
	return w, nil
}

// NewLast starts when nothing can fail any more.
func NewLast(name string) (*Watcher, error) {
	if name == "" {
		return nil, errBad
	}
	w := &Watcher{quit: make(chan struct{})}
	go w.loop()
	return w, nil
}

// NewAnyway returns it with the error.
func NewAnyway(name string) (*Watcher, error) {
	w := &Watcher{quit: make(chan struct{})}
	go w.loop()
	if name == "" {
		return w, errBad
	}
	return w, nil
}

// A Box starts its goroutine in a method.
type Box struct{ quit chan struct{} }

func (b *Box) start() {
	go func() { // want `when NewBox returns the error at line 102`
		for {
			select {
			case <-b.quit:
				return
			case <-time.After(time.Second):
			}
		}
	}()
}

// Stop ends it.
func (b *Box) Stop() { close(b.quit) }

// NewBox may fail.
func NewBox(n int) (*Box, error) {
	b := &Box{quit: make(chan struct{})}
	b.start()
	if n < 0 {
		return nil, errBad
	}
	return b, nil
}
