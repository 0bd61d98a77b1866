// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"reflect"
)

// prepare makes the copy that serves.
func (s *Server) prepare() error {
	tlsConfig, http2, err := s.configureHTTP2()
	if err != nil {
		return err
	}
	in := &s.inner
	copyFields(in, s.user)
	in.TLSConfig = tlsConfig
	in.TLSNextProto = s.introducing(s.user.TLSNextProto, http2)
	in.Handler = s.advising(s.naming(s.user.Handler))
	in.ConnState = s.tracking(s.user.ConnState)
	if hook := s.user.ConnContext; hook != nil {
		in.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return hook(ctx, unwrap(c)) }
	}
	s.books.readTimeout = s.user.ReadTimeout
	return nil
}

// copyFields copies every exported field but the hooks, also those that a later
// Go has. What net/http changes while it serves (the TLS configuration, the map)
// is cloned.
func copyFields(to, from *http.Server) {
	dst, src := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for i := range src.NumField() {
		if f := src.Type().Field(i); f.IsExported() {
			dst.Field(i).Set(src.Field(i))
		}
	}
	to.Handler, to.ConnState, to.ConnContext, to.BaseContext = nil, nil, nil, nil
	to.TLSConfig = from.TLSConfig.Clone()
	to.TLSNextProto = maps.Clone(from.TLSNextProto)
}

// servesTLS is the rule by which ServeTLS does without certificate files.
func servesTLS(c *tls.Config) bool {
	return c != nil && (len(c.Certificates) > 0 || c.GetCertificate != nil || c.GetConfigForClient != nil)
}

// advising tells the clients of h to leave once that is advised. It sets the
// header before h runs and hands on the ResponseWriter itself, so that h finds
// every optional method on it; whoever is in h by then is told by keep-alives
// being switched off, later. A protocol switch has a use of its own for the
// header.
//
// HTTP/2 clients get their GOAWAY otherwise. The header, of which it makes one,
// is for those of an HTTP/2 that the user configured, and only when the door is
// closed: before, they would come back here.
func (s *Server) advising(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.books.draining.Load() && r.Header["Upgrade"] == nil &&
			(r.ProtoMajor < 2 || s.usersHTTP2() && s.Stage() >= StageDrain) {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

// usersHTTP2 reports whether the user brought an HTTP/2, such as x/net's.
func (s *Server) usersHTTP2() bool { return s.user.TLSNextProto[h2Encrypted] != nil }

// naming keeps the list of requests, if one is asked for.
func (s *Server) naming(h http.Handler) http.Handler {
	if h == nil {
		h = http.DefaultServeMux
	}
	name := s.cfg.request
	if name == nil {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held, _ := s.requests.Begin(name(r))
		defer held.End()
		h.ServeHTTP(w, r)
	})
}

// tracking puts the books in front of the user's hook.
func (s *Server) tracking(hook func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	if hook == nil {
		return s.books.track
	}
	return func(c net.Conn, state http.ConnState) {
		s.books.track(c, state)
		hook(unwrap(c), state)
	}
}
