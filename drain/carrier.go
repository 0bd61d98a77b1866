// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// h2Unencrypted is the key of TLSNextProto for unencrypted HTTP/2. It is not
	// documented, but x/net/http2 is used under it (seen in Go 1.26 and 1.27).
	h2Unencrypted = "unencrypted_http2"
	h2Encrypted   = "h2"
)

// A carrier serves HTTP/2 connections that another server has accepted: only
// the Shutdown of the server that they are with sends them a GOAWAY, and of one
// server for everything it would also drop the requests of HTTP/1. What comes
// after that goes to another carrier.
//
// It speaks nothing but HTTP/2, over connections whose TLS, if any, is done: to
// net/http they look unencrypted.
type carrier struct {
	srv    http.Server
	conns  chan net.Conn
	over   chan struct{} // closed when it takes no more
	close  sync.Once
	served chan struct{} // closed when its goroutine has ended
	goAway func()        // has net/http send its GOAWAY, once; later calls wait for that
	second *time.Timer   // calls goAway; belongs to the drain
}

// Accept implements [net.Listener].
func (c *carrier) Accept() (net.Conn, error) {
	select {
	case conn := <-c.conns:
		return conn, nil
	case <-c.over:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (c *carrier) Close() error {
	c.close.Do(func() { close(c.over) })
	return nil
}

// Addr implements [net.Listener].
func (c *carrier) Addr() net.Addr { return &net.TCPAddr{} }

// newCarrier returns one that serves.
func (s *Server) newCarrier() *carrier {
	c := &carrier{conns: make(chan net.Conn), over: make(chan struct{}), served: make(chan struct{})}
	c.goAway = sync.OnceFunc(func() { _ = c.srv.Shutdown(dead()) })
	copyFields(&c.srv, s.user)
	c.srv.TLSConfig, c.srv.TLSNextProto = nil, nil
	c.srv.Protocols = new(http.Protocols)
	c.srv.Protocols.SetHTTP2(true)
	c.srv.Protocols.SetUnencryptedHTTP2(true)
	c.srv.Handler = secured(s.inner.Handler)
	c.srv.ConnContext = func(_ context.Context, conn net.Conn) context.Context { return conn.(*framed).ctx }
	c.srv.ConnState = following(s.inner.ConnState)
	go func() {
		defer close(c.served)
		_ = c.srv.Serve(c)
	}()
	return c
}

// following passes on to hook what only a carrier knows of a connection. That it is
// new or closed inner reports, and it must not report the latter before the carrier
// is done with it: net/http closes a connection whose write failed, and reports its
// streams' end, which makes it idle, after that.
func following(hook func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	return func(conn net.Conn, state http.ConnState) {
		switch state {
		case http.StateActive, http.StateIdle:
			hook(conn, state)
		case http.StateClosed:
			close(conn.(*framed).ended)
		}
	}
}

// A tlsKey is the key of a connection's TLS in the context of its requests.
type tlsKey struct{}

// secured shows the TLS that a carrier does not see.
func secured(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if state, ok := r.Context().Value(tlsKey{}).(*tls.ConnectionState); ok {
			r.TLS = state
		}
		h.ServeHTTP(w, r)
	})
}

// carry serves a connection and returns when it is closed and done with. After Force it only
// closes it: a carrier made then would never end.
func (s *Server) carry(conn *framed) {
	for {
		s.mu.Lock()
		if closed(s.cut) {
			s.mu.Unlock()
			_ = conn.Close()
			return
		}
		if s.carrier == nil {
			s.carrier = s.newCarrier()
		}
		c := s.carrier
		s.mu.Unlock()
		s.books.speaksMulti(conn)
		select {
		case c.conns <- conn:
			<-conn.ended
			return
		case <-c.over: // it was told to end meanwhile
			s.drop(c)
		}
	}
}

// drop makes sure that nothing more is given to c.
func (s *Server) drop(c *carrier) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.carrier == c {
		s.carrier = nil
	}
}

// takeCarrier returns the carrier of new connections, which gets no more; nil if
// there is none.
func (s *Server) takeCarrier() *carrier {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.carrier
	s.carrier = nil
	return c
}

// endCarrier ends the carrier of new connections and what it carries.
func (s *Server) endCarrier() {
	if c := s.takeCarrier(); c != nil {
		_ = c.srv.Close()
		<-c.served
	}
}

// configureHTTP2 finds out, by letting net/http prepare a server that serves
// nothing, what inner's TLS configuration has to be, and whether there is HTTP/2
// at all.
func (s *Server) configureHTTP2() (*tls.Config, bool, error) {
	var sample http.Server
	copyFields(&sample, s.user)
	var err error
	if servesTLS(sample.TLSConfig) {
		err = sample.ServeTLS(noListener{}, "", "")
	} else {
		err = sample.Serve(noListener{})
	}
	if !errors.Is(err, net.ErrClosed) {
		return nil, false, err
	}
	return sample.TLSConfig, sample.TLSNextProto[h2Encrypted] != nil, nil
}

// A noListener ends Serve when it has made its preparations.
type noListener struct{}

func (noListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (noListener) Close() error              { return nil }
func (noListener) Addr() net.Addr            { return &net.TCPAddr{} }

type nextProtos = map[string]func(*http.Server, *tls.Conn, http.Handler)

// introducing puts the books between net/http and the protocols that the user
// has for it: ConnState does not say which one it is. If HTTP/2 is net/http's it
// goes to carriers.
func (s *Server) introducing(protos nextProtos, http2 bool) nextProtos {
	out := maps.Clone(protos)
	for name, serve := range protos {
		out[name] = func(srv *http.Server, c *tls.Conn, h http.Handler) {
			s.books.speaks(underneath(c), nil)
			serve(srv, c, h)
		}
	}
	if !http2 || s.usersHTTP2() {
		return out
	}
	if out == nil {
		out = nextProtos{}
	}
	out[h2Encrypted] = func(_ *http.Server, c *tls.Conn, h http.Handler) {
		state := c.ConnectionState()
		s.carry(newFramed(context.WithValue(baseContext(h), tlsKey{}, &state), c))
	}
	if p := s.user.Protocols; p != nil && p.UnencryptedHTTP2() {
		out[h2Unencrypted] = func(_ *http.Server, c *tls.Conn, h http.Handler) {
			f := newFramed(baseContext(h), underneath(c))
			f.unread = h2Preface
			s.carry(f)
		}
	}
	return out
}

// baseContext returns the context of a connection from the handler that net/http
// gives to what takes it over.
func baseContext(h http.Handler) context.Context {
	if b, ok := h.(interface{ BaseContext() context.Context }); ok {
		return b.BaseContext()
	}
	return context.Background()
}

// underneath returns the connection as ConnState has it.
func underneath(c *tls.Conn) net.Conn {
	if u, ok := c.NetConn().(interface{ UnencryptedNetConn() net.Conn }); ok {
		return u.UnencryptedNetConn()
	}
	return c
}
