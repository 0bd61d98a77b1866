// SPDX-License-Identifier: Apache-2.0

//go:build go1.22

package update

import (
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// It runs as long as the program.
func Auto(every time.Duration, stop chan struct{}) error {
	ticks := time.Tick(every)
	for {
		println("looking")
		select {
		case <-ticks:
		case <-stop:
			return nil
		}
	}
}

func Handle(w http.ResponseWriter, r *http.Request) {
	ticks := time.Tick(time.Second) // want "a ticker that is never stopped"
	<-ticks
}

func looked(n int) {
	for range n {
		look()
	}
}

func look() {
	ticks := time.Tick(time.Second) // want "a ticker that is never stopped"
	<-ticks
}

type client struct{ done chan bool }

func (c *client) run() {
	ticks := time.Tick(time.Second) // want "a ticker that is never stopped"
	for {
		select {
		case <-ticks:
		case <-c.done:
			return
		}
	}
}

func (c *client) signalled() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
	select {
	case <-c.done:
	case <-time.Tick(time.Second):
	}
}

func grace(signals chan os.Signal, done chan bool) {
	signal.Stop(signals)
	limit := time.Tick(time.Second)
	select {
	case <-limit:
	case <-done:
	}
}

type discovery struct {
	ticks <-chan time.Time
	stop  chan bool
}

func newDiscovery() *discovery {
	d := &discovery{ticks: time.NewTicker(time.Second).C}
	go d.announce()
	return d
}

func (d *discovery) announce() {
	for {
		println("here")
		<-d.ticks
	}
}

type lookup struct {
	ticks <-chan time.Time
	stop  chan bool
}

func (l *lookup) start() {
	l.ticks = time.NewTicker(time.Second).C // want "a ticker of which only the channel is kept"
	go func() {
		for {
			select {
			case <-l.ticks:
			case <-l.stop:
				return
			}
		}
	}()
}
