// SPDX-License-Identifier: Apache-2.0

package situation_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/drain"
)

// A server is asked to stop once. stop returns when the process that it stands for
// would be gone, or when ctx ends.
type server struct {
	addr  string
	tls   *tls.Config // of clients; nil: in clear
	stop  func(ctx context.Context)
	force func()
	hangs bool          // stop does not return before its time is over
	limit time.Duration // of what is drained; 0: as long as it takes
}

// answer reads what it is sent before it answers.
func answer(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	io.WriteString(w, "hello")
}

// large answers with more than kernels hold.
func large(w http.ResponseWriter, _ *http.Request) {
	piece := make([]byte, 64<<10)
	for range 128 {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// drained is stopped as quiesce does it.
func drained(t *testing.T, h http.HandlerFunc, config *tls.Config) *server {
	t.Helper()
	s := drain.NewServer(&http.Server{
		Addr: "127.0.0.1:0", Handler: h, TLSConfig: config,
		ErrorLog: log.New(io.Discard, "", 0), // of handshakes that were only begun
	})
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { s.Serve(context.Background()) })
	out := &server{addr: s.Addr().String(), force: s.Force}
	out.stop = func(ctx context.Context) {
		if out.limit > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, out.limit)
			defer cancel()
		}
		s.Shutdown(ctx, 0)
		s.Force()
	}
	t.Cleanup(func() {
		s.Force()
		serving.Wait()
	})
	return out
}

// plain is stopped by stop, which gets net/http's server.
func plain(t *testing.T, srv *http.Server, stop func(context.Context, *http.Server)) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { srv.Serve(ln) })
	t.Cleanup(func() {
		srv.Close()
		serving.Wait()
	})
	return &server{
		addr:  ln.Addr().String(),
		stop:  func(ctx context.Context) { stop(ctx, srv) },
		force: func() { srv.Close() },
	}
}

func shutdown(ctx context.Context, srv *http.Server) {
	srv.Shutdown(ctx)
	srv.Close()
}

func closeAll(_ context.Context, srv *http.Server) { srv.Close() }

// handled is drained, but its handler knows that it is stopping. With a config it
// uses TLS.
func handled(t *testing.T, stopping http.HandlerFunc, config *tls.Config) *server {
	t.Helper()
	var asked atomic.Bool
	s := drained(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Load() {
			stopping(w, r)
			return
		}
		answer(w, r)
	}, config)
	stop := s.stop
	s.stop = func(ctx context.Context) {
		asked.Store(true)
		stop(ctx)
	}
	return s
}

// patient answers, and when it is stopped waits until its clients have closed their
// connections.
func patient(t *testing.T, h http.HandlerFunc) *server {
	t.Helper()
	s := plain(t, &http.Server{Handler: h}, func(ctx context.Context, _ *http.Server) { <-ctx.Done() })
	s.hangs = true
	return s
}

// secure returns the configurations of a server and of its clients.
func secure(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	server = &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}
	client = &tls.Config{RootCAs: web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}
	return server, client
}
