// SPDX-License-Identifier: Apache-2.0

package conns

import (
	"bufio"
	"context"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// watched has a context that closes each connection.
type watched struct {
	ln     net.Listener
	cancel func()
}

func (w *watched) accept(ctx context.Context) {
	for {
		conn, err := w.ln.Accept()
		if err != nil {
			return
		}
		go func() {
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			defer stop()
			serveLines(conn)
		}()
	}
}

func (w *watched) Close() {
	w.cancel()
	w.ln.Close()
}

// flagged looks at a flag between lines, and quitting at a channel.
type flagged struct {
	ln     net.Listener
	closed atomic.Bool
}

func (f *flagged) accept() {
	for {
		conn, err := f.ln.Accept()
		if err != nil {
			return
		}
		go func() {
			for s := bufio.NewScanner(conn); s.Scan() && !f.closed.Load(); {
				work(s.Bytes())
			}
		}()
	}
}

func (f *flagged) Close() {
	f.closed.Store(true)
	f.ln.Close()
}

type quitting struct {
	ln   net.Listener
	quit chan struct{}
}

func (q *quitting) accept() {
	for {
		conn, err := q.ln.Accept()
		if err != nil {
			return
		}
		go func() {
			go func() {
				<-q.quit
				conn.Close()
			}()
			serveLines(conn)
		}()
	}
}

func (q *quitting) Close() {
	close(q.quit)
	q.ln.Close()
}

// brief has one exchange with each, and limited a time limit.
type brief struct{ ln net.Listener }

func (b *brief) accept() {
	for {
		conn, err := b.ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			buf := make([]byte, 10)
			for i := 0; i < 2; i++ {
				_, _ = io.ReadFull(conn, buf)
			}
			_, _ = conn.Write(buf)
		}()
	}
}

func (b *brief) Close() { b.ln.Close() }

type limited struct{ ln net.Listener }

func (l *limited) accept() {
	for {
		conn, err := l.ln.Accept()
		if err != nil {
			return
		}
		_ = conn
		go func() {
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			serveLines(conn)
		}()
	}
}

func (l *limited) Close() { l.ln.Close() }

// handler is what another part of the program serves with, and stops itself.
type handler interface {
	HandleConn(net.Conn)
	Close() error
}

type split struct {
	ln net.Listener
	h  handler
}

func (s *split) accept() {
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return
		}
		go s.h.HandleConn(conn)
	}
}

func (s *split) Stop() {
	s.ln.Close()
	s.h.Close()
}

// relay copies both ways, and has nothing of its own.
type relay struct {
	ln net.Listener
	to string
}

func (r *relay) accept() {
	for {
		conn, err := r.ln.Accept()
		if err != nil {
			return
		}
		go func() {
			out, err := net.Dial("tcp", r.to)
			if err != nil {
				return
			}
			go io.Copy(out, conn)
			_, _ = io.Copy(conn, out)
		}()
	}
}

func (r *relay) Close() { r.ln.Close() }

// apart has a listener that this Close does not close.
type apart struct {
	ln, other net.Listener
}

func (a *apart) accept() {
	for {
		conn, err := a.ln.Accept()
		if err != nil {
			return
		}
		go serveLines(conn)
	}
}

func (a *apart) Close() { a.other.Close() }

// patient gives its clients some time.
type patient struct{ ln net.Listener }

func (p *patient) accept() {
	for {
		conn, err := p.ln.Accept()
		if err != nil {
			return
		}
		go serveLines(conn)
	}
}

func (p *patient) Close() {
	p.ln.Close()
	time.Sleep(time.Second)
}
