// SPDX-License-Identifier: Apache-2.0

package leaving

import (
	"log"
	"time"
)

type poller struct {
	quit    chan struct{}
	running bool
	poll    func() error
}

func newPoller(poll func() error) *poller {
	p := &poller{quit: make(chan struct{}), poll: poll}
	go p.run()
	return p
}

func (p *poller) run() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if err := p.poll(); err != nil {
				log.Print(err)
				return
			}
		case <-p.quit:
			return
		}
	}
}

func (p *poller) Stop() {
	p.quit <- struct{}{} // want `p.quit is received by a goroutine that leaves at an error, at line 30, and tells nobody: then this send waits for ever`
}

func (p *poller) Shutdown() {
	if p.running {
		p.quit <- struct{}{}
	}
}

type sturdy struct {
	quit chan bool
	poll func() error
}

func newSturdy(poll func() error) *sturdy {
	p := &sturdy{quit: make(chan bool), poll: poll}
	go p.run()
	return p
}

func (p *sturdy) run() {
	for {
		select {
		case <-time.After(time.Second):
			if err := p.poll(); err != nil {
				log.Print(err)
				continue
			}
		case <-p.quit:
			return
		}
	}
}

func (p *sturdy) Stop() { p.quit <- true }

// A Resolver is run by others.
type Resolver struct {
	shutdown chan struct{}
	start    func() error
}

// NewResolver makes one.
func NewResolver(start func() error) *Resolver {
	return &Resolver{shutdown: make(chan struct{}), start: start}
}

// Run serves.
func (r *Resolver) Run() error {
	if err := r.start(); err != nil {
		return err
	}
	<-r.shutdown
	return nil
}

// Shutdown stops it.
func (r *Resolver) Shutdown() {
	r.shutdown <- struct{}{} // want `r.shutdown has no buffer, and its receiver may have returned at line 89: then this send waits for ever`
}
