// SPDX-License-Identifier: Apache-2.0

package main

import "time"

type poller struct {
	stop chan struct{}
	n    int
}

func (p *poller) start() {
	go func() { // want `the loop at line \d+ has no end`
		for {
			time.Sleep(time.Second)
			p.n++
		}
	}()
}

func (p *poller) Close() { p.n = 0 }

// hub has no method that stops it, but a channel.
type hub struct {
	shutdown chan struct{}
	n        int
}

func (h *hub) serve(signals chan int) {
	h.shutdown = make(chan struct{})
	go func() { // want `the loop at line \d+ has no end`
		for {
			time.Sleep(time.Second)
			h.n++
		}
	}()
	<-signals
	close(h.shutdown)
}

// What follows is innocent: it lives as long as the process.

func watch() {
	go func() {
		for {
			time.Sleep(time.Second)
		}
	}()
}

func main() {
	go func() {
		for {
			time.Sleep(time.Second)
		}
	}()
	watch()
	p := &poller{stop: make(chan struct{})}
	p.start()
	defer p.Close()
	select {}
}
