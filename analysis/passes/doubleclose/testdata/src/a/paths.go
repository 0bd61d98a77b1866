// SPDX-License-Identifier: Apache-2.0

package a

import (
	"errors"
	"io"
	"sync"
	"time"
)

// Peer is closed by who has it, and by its reader when that fails.
type Peer struct {
	conn io.ReadCloser
	quit chan struct{}
}

// NewPeer starts the reader.
func NewPeer(conn io.ReadCloser) *Peer {
	p := &Peer{conn: conn, quit: make(chan struct{})}
	go p.read()
	return p
}

func (p *Peer) read() {
	buf := make([]byte, 1024)
	for {
		if _, err := p.conn.Read(buf); err != nil {
			p.Close()
			return
		}
	}
}

// Close makes the reader fail.
func (p *Peer) Close() error {
	close(p.quit) // want `p.quit is closed again: line \d+ calls Close when it fails, and so does who stops the object`
	return p.conn.Close()
}

// runner stops what it runs when that has failed.
type runner struct {
	quit chan struct{}
	wg   sync.WaitGroup
	err  error
}

var errStopped = errors.New("stopped")

func (r *runner) Run() error {
	r.wg.Wait()
	if !errors.Is(r.err, errStopped) {
		r.Stop()
	}
	return r.err
}

func (r *runner) Stop() {
	close(r.quit) // want `r.quit is closed again: line \d+ calls Stop when it fails`
}

func runs(r *runner, sig chan int) error {
	go func() {
		<-sig
		r.Stop()
	}()
	return r.Run()
}

// daemon closes done when it ends; stop does not wait for it for ever.
type daemon struct{ quit, done chan struct{} }

func (d *daemon) run() {
	<-d.quit
	close(d.done)
}

func (d *daemon) stop() {
	close(d.quit)
	select {
	case <-d.done:
	case <-time.After(time.Second):
		close(d.done) // want `d.done is closed here when line \d+ is late, which closes it then`
	}
}

// What follows is innocent.

// oncePeer closes once.
type oncePeer struct {
	conn io.ReadCloser
	once sync.Once
	quit chan struct{}
}

func (p *oncePeer) start() {
	go func() {
		if _, err := p.conn.Read(nil); err != nil {
			p.Close()
		}
	}()
}

func (p *oncePeer) Close() { p.once.Do(func() { close(p.quit) }) }

// flagged looks at a flag first.
type flagged struct {
	mu     sync.Mutex
	conn   io.ReadCloser
	quit   chan struct{}
	closed bool
}

func (p *flagged) start() {
	go func() {
		if _, err := p.conn.Read(nil); err != nil {
			p.Close()
		}
	}()
}

func (p *flagged) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	close(p.quit)
}

// owned is closed by its goroutine alone.
type owned struct {
	conn io.ReadCloser
	quit chan struct{}
}

func (o *owned) start() { go o.serve() }

func (o *owned) serve() {
	defer o.close()
	_, _ = o.conn.Read(nil)
}

func (o *owned) close() { close(o.quit) }
