// SPDX-License-Identifier: Apache-2.0

package a

import (
	"errors"
	"time"
)

// A dialer tries again until it has a connection.
type dialer struct {
	quit   chan struct{}
	closed bool
}

func (d *dialer) Close() { close(d.quit) }

func (d *dialer) dial() error { return errors.New("away") }

func (d *dialer) Start() {
	d.quit = make(chan struct{})
	go d.run()  // want `the goroutine cannot be stopped while it fails: the loop at line \d+ tries until it has success`
	go func() { // want `tries until it has success, and does not look for the stop`
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			<-tick.C
			if d.dial() == nil {
				return
			}
			if err := d.dial(); err == nil {
				return
			}
		}
	}()
	go func() {
		for {
			select {
			case <-d.quit:
				return
			default:
				d.careful()
			}
		}
	}()
	go func() {
		for {
			select {
			case <-d.quit:
				return
			case <-time.After(time.Minute):
				d.bounded()
			}
		}
	}()
}

func (d *dialer) run() {
	for {
		select {
		case <-d.quit:
			return
		case <-time.After(time.Minute):
			d.connect()
		}
	}
}

func (d *dialer) connect() {
	for {
		err := d.dial()
		if err == nil {
			break
		}
		<-time.After(time.Second)
	}
}

// careful looks whether it is closed.
func (d *dialer) careful() {
	for {
		if d.closed {
			return
		}
		if err := d.dial(); err == nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// bounded gives up.
func (d *dialer) bounded() {
	for i := 0; i < 3; i++ {
		if err := d.dial(); err == nil {
			return
		}
		time.Sleep(time.Second)
	}
}
