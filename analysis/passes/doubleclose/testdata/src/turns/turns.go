// SPDX-License-Identifier: Apache-2.0

package turns

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

type daemon struct {
	stopped chan struct{}
	ready   chan struct{}
	once    sync.Once
	mu      sync.Mutex
	down    bool
}

func (d *daemon) reload() {}

func (d *daemon) drain() {}

func (d *daemon) signals(c chan os.Signal) {
	for {
		sig := <-c
		switch sig {
		case syscall.SIGHUP:
			if d.ready != nil {
				d.reload()
			}
		default:
			close(d.stopped) // want `d.stopped is closed again by the next signal: the loop at line 28 goes on after the first, and the second close panics`
			d.drain()
		}
	}
}

func (d *daemon) chosen(c chan os.Signal, reload chan bool) {
	for {
		select {
		case sig := <-c:
			if sig == syscall.SIGTERM {
				close(d.stopped) // want `d.stopped is closed again by the next signal`
			}
		case <-reload:
			d.reload()
		}
	}
}

func (d *daemon) leaves(c chan os.Signal) {
	for {
		sig := <-c
		switch sig {
		case syscall.SIGHUP:
			d.reload()
		default:
			close(d.stopped)
			return
		}
	}
}

func (d *daemon) exits(c chan os.Signal) {
	for {
		select {
		case <-c:
			close(d.stopped)
			d.drain()
			d.end()
		}
	}
}

func (d *daemon) end() { os.Exit(0) }

func (d *daemon) unsubscribes(c chan os.Signal, other chan bool) {
	for {
		select {
		case <-c:
			close(d.stopped)
			signal.Stop(c)
		case <-other:
			d.reload()
		}
	}
}

func (d *daemon) flagged(c chan os.Signal) {
	down := false
	for {
		sig := <-c
		if down {
			os.Exit(1)
		}
		down = true
		if sig != syscall.SIGHUP {
			close(d.stopped)
		}
	}
}

func (d *daemon) counted(c chan os.Signal) {
	n := 0
	for {
		select {
		case <-c:
			n++
			if n == 1 {
				close(d.stopped)
			}
		}
	}
}

func (d *daemon) once1(c chan os.Signal) {
	for {
		select {
		case <-c:
			d.once.Do(func() { close(d.stopped) })
		}
	}
}

func (d *daemon) spins(ctx context.Context, in chan int) {
	out := make(chan int)
	go func() {
		for {
			select {
			case v := <-in:
				out <- v
			case <-ctx.Done():
				close(out) // want `out is closed again by the next turn`
			}
		}
	}()
	<-out
}

func (d *daemon) breaks(ctx context.Context, in chan int) {
loop:
	for {
		select {
		case <-in:
		case <-ctx.Done():
			close(d.ready)
			break loop
		}
	}
}

func (d *daemon) renews(t *time.Ticker) {
	for {
		select {
		case <-t.C:
			close(d.ready)
			d.ready = make(chan struct{})
		}
	}
}

func (d *daemon) niled(ctx context.Context, in chan int) {
	done := ctx.Done()
	for {
		select {
		case <-in:
		case <-done:
			close(d.ready)
			done = nil
		}
	}
}

func (d *daemon) message(in chan int) {
	for {
		select {
		case <-in:
			close(d.ready) // the only message
		}
	}
}

type server struct{ quit chan struct{} }

func (s *server) Stop() { close(s.quit) }

func watch(s *server, c chan os.Signal, reload func()) {
	for {
		switch sig := <-c; sig {
		case syscall.SIGHUP:
			reload()
		}
		select {
		case sig := <-c:
			if sig == os.Interrupt {
				s.Stop() // want `s.Stop closes quit again by the next signal`
			}
		}
	}
}

type api struct {
	quit chan struct{}
	mu   sync.Mutex
	down bool
}

func (a *api) handle(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	close(a.quit) // want `a.quit is closed by each request to this handler: the second close panics`
}

func (a *api) asks(w http.ResponseWriter, r *http.Request) {
	if a.down {
		return
	}
	close(a.quit)
}

func (a *api) locked(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.quit)
}

func (a *api) own(w http.ResponseWriter, r *http.Request) {
	done := make(chan struct{})
	go func() {
		close(done)
	}()
	<-done
}

func serve() {
	quit := make(chan struct{})
	http.HandleFunc("/quit", func(w http.ResponseWriter, r *http.Request) {
		close(quit) // want `quit is closed by each request to this handler`
	})
	<-quit
}

func attempt(ready chan struct{}) error {
	ln, err := listen()
	if err != nil {
		return err
	}
	close(ready) // want `ready is closed again when line 264 calls attempt with the same channel a second time`
	return ln()
}

func listen() (func() error, error) { return func() error { return os.ErrClosed }, nil }

func retry() {
	ready := make(chan struct{})
	go func() {
		for n := 0; n < 3; n++ {
			if err := attempt(ready); err == nil {
				return
			}
			time.Sleep(time.Second)
		}
	}()
	<-ready
}

type fuse struct{ c chan bool }

func (f *fuse) await() bool { return <-f.c }

func tunnel(connected chan struct{}) error {
	f := &fuse{make(chan bool, 1)}
	go func() {
		if f.await() {
			close(connected) // want `connected is closed again when line 294 calls tunnel`
		}
	}()
	return os.ErrClosed
}

func tunnels(connected chan struct{}) {
	err := tunnel(connected)
	for more() {
		switch err {
		case nil:
			return
		}
		err = tunnel(connected)
	}
}

func more() bool { return true }

func dial(ready chan struct{}) error {
	if _, err := listen(); err != nil {
		return err
	}
	close(ready)
	return nil
}

func dials() {
	ready := make(chan struct{})
	for dial(ready) != nil {
		time.Sleep(time.Second)
	}
}

func work(done chan struct{}) error {
	defer close(done)
	return os.ErrClosed
}

func works() {
	for {
		done := make(chan struct{})
		go work(done)
		<-done
	}
}

func either(first bool) {
	done := make(chan struct{})
	if first {
		work(done)
	} else {
		work(done)
	}
}

type notifier struct{ c chan struct{} }

func newNotifier() *notifier { return &notifier{c: make(chan struct{})} }

func (n *notifier) notify() { close(n.c) }

func notifies(late, in chan bool) {
	for {
		n := newNotifier()
		var timeout, done bool
		for !timeout && !done {
			select {
			case done = <-in:
			case <-late:
				timeout = true
				n.notify()
			}
		}
		if !done {
			continue
		}
		n.notify()
	}
}

type session struct{ ready chan struct{} }

func (s *session) reset() { s.ready = make(chan struct{}) }

func (s *session) sessions() {
	for {
		s.reset()
		_ = attempt(s.ready)
	}
}
