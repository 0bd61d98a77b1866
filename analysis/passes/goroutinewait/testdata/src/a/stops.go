// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"database/sql"
	"net"
	"os"
	"sync"
	"time"
)

// archive has its resource behind a type of its own, and stops by way of others.
type archive struct {
	store  *store
	cancel func()
	once   sync.Once
	tick   *time.Ticker
}

type store struct{ db *sql.DB }

func (s *store) Close() error { return s.db.Close() }

func (s *store) trim() { _, _ = s.db.Exec("DELETE") }

func newArchive(s *store) *archive {
	ctx, cancel := context.WithCancel(context.Background())
	a := &archive{store: s, cancel: cancel, tick: time.NewTicker(time.Second)}
	go func() { // want `Shutdown closes a.store at line \d+ without waiting for this goroutine`
		a.loop(ctx)
	}()
	return a
}

func (a *archive) loop(ctx context.Context) {
	for {
		select {
		case <-a.tick.C:
			a.clean(a.store.trim)
		case <-ctx.Done():
			return
		}
	}
}

func (a *archive) clean(f func()) { f() }

func (a *archive) Shutdown() {
	a.once.Do(func() {
		a.tick.Stop()
		a.cancel()
		a.release()
	})
}

func (a *archive) release() { a.store.Close() }

// server has a goroutine for each connection.
type server struct {
	ln net.Listener
	db *sql.DB
}

func (s *server) start() { go s.accept() }

func (s *server) accept() {
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return
		}
		go s.handle(conn) // want `Close closes s.db at line \d+ without waiting for this goroutine`
	}
}

func (s *server) handle(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 10)
	_, _ = conn.Read(buf)
	_, _ = s.db.Exec("INSERT", buf)
}

func (s *server) Close() error {
	s.ln.Close()
	return s.db.Close()
}

// logger writes what is in its queue.
type logger struct {
	file  *os.File
	queue chan string
}

func newLogger(f *os.File) *logger {
	l := &logger{f, make(chan string, 100)}
	go func() { // want `Stop does not wait for this goroutine, which still calls l.file.WriteString then`
		for s := range l.queue {
			_, _ = l.file.WriteString(s)
		}
	}()
	return l
}

func (l *logger) Stop() { close(l.queue) }

// keeper saves its state now and then, and a last time.
type keeper struct {
	done chan struct{}
}

func (k *keeper) start() {
	go k.run()   // want `Stop does not wait for this goroutine, which still calls k.finish then`
	go k.other() // want `Stop does not wait for this goroutine, which may be in the middle of os.WriteFile`
}

func (k *keeper) run() {
	defer k.finish()
	for {
		select {
		case <-k.done:
			return
		case <-time.After(time.Second):
		}
	}
}

func (k *keeper) finish() { k.save() }

func (k *keeper) save() {}

func (k *keeper) Stop() { close(k.done) }

func (k *keeper) other() {
	for {
		select {
		case <-k.done:
			return
		case <-time.After(time.Second):
			_ = os.WriteFile("state", nil, 0o600)
		}
	}
}

// counted waits for all its goroutines.
type counted struct {
	ln net.Listener
	db *sql.DB
	wg sync.WaitGroup
}

func (c *counted) start() { c.async(c.accept) }

func (c *counted) async(f func()) {
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		f()
	}()
}

func (c *counted) accept() {
	for {
		conn, err := c.ln.Accept()
		if err != nil {
			return
		}
		c.async(func() {
			defer conn.Close()
			_, _ = c.db.Exec("INSERT")
		})
	}
}

func (c *counted) Close() error {
	c.ln.Close()
	c.wg.Wait()
	return c.db.Close()
}

// setUp uses the file before its loop only.
type setUp struct {
	file *os.File
	quit chan struct{}
}

func (s *setUp) start() {
	go func() {
		_, _ = s.file.WriteString("header")
		for {
			select {
			case <-s.quit:
				return
			case <-time.After(time.Second):
				work()
			}
		}
	}()
}

func (s *setUp) Close() {
	close(s.quit)
	s.file.Close()
}
