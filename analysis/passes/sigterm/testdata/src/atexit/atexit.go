// SPDX-License-Identifier: Apache-2.0

package atexit

import (
	"os"
	"os/signal"
	"sync"
)

var (
	fns      []func()
	exitChan chan os.Signal
	once     sync.Once
	register sync.Once
)

func Register(fn func()) {
	fns = append(fns, fn)
	register.Do(func() {
		exitChan = make(chan os.Signal, 1)
		signal.Notify(exitChan, os.Interrupt) // want "only SIGINT is taken: SIGTERM ends the program at once, without Run"
		go func() {
			sig := <-exitChan
			if sig == nil {
				return
			}
			Run()
			os.Exit(0)
		}()
	})
}

func Run() {
	once.Do(func() {
		for _, fn := range fns {
			fn()
		}
	})
}

// A Prompt tells others of each Ctrl-C, and goes on.
type Prompt struct{ keys []func() }

func (p *Prompt) Listen() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		for range c {
			p.pressed()
		}
	}()
}

func (p *Prompt) pressed() {
	for _, key := range p.keys {
		key()
	}
}
