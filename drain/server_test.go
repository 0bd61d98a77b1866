// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/internal/door"
)

func TestNilArguments(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    *Server
		want error
	}{
		{"server", NewServer(nil), errNilServer},
		{"server on listener", NewServer(nil, WithListener(newPipes())), errNilServer},
		{"listener", NewServer(&http.Server{}, WithListener(nil)), errNilListener},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.s.Listen(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("Listen = %v, want %v", err, tt.want)
			}
			if err := tt.s.Serve(t.Context()); err != nil {
				t.Errorf("Serve after a failed Listen = %v, want nil", err)
			}
			if err := tt.s.Shutdown(t.Context(), time.Hour); err != nil {
				t.Errorf("Shutdown after a failed Listen = %v, want nil", err)
			}
			tt.s.Force()
		})
	}
}

func TestBusyPortFailsStart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	addr := ln.Addr().String()
	err = NewServer(&http.Server{Addr: addr}).Listen(t.Context())
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Fatalf("Start = %v, want %v", err, syscall.EADDRINUSE)
	}
	if got, want := err.Error(), "listen tcp "+addr+": bind: "; !strings.HasPrefix(got, want) {
		t.Errorf("Start = %q, want it to begin with %q", got, want)
	}
}

func TestStartObeysContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewServer(&http.Server{Addr: "127.0.0.1:0"}).Listen(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Start = %v, want %v", err, context.Canceled)
	}
}

// The only place where a server binds by itself and a client comes.
func TestBindsAddr(t *testing.T) {
	s := NewServer(&http.Server{Addr: "127.0.0.1:0", Handler: text("hello")})
	if s.Addr() != nil || s.Ready() {
		t.Errorf("before Listen: Addr = %v, Ready = %v; want nil, false", s.Addr(), s.Ready())
	}
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- s.Serve(context.WithoutCancel(t.Context())) }()
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: tr}).Get("http://" + s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !s.Ready() {
		t.Error("Ready = false while it serves")
	}
	if err := s.Shutdown(t.Context(), 0); err != nil {
		t.Errorf("Shutdown = %v, want nil", err)
	}
	if err := <-ran; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if c, err := net.Dial("tcp", s.Addr().String()); err == nil {
		c.Close()
		t.Error("the port is still open")
	}
}

func TestServesTLS(t *testing.T) {
	if c := (&tls.Config{Certificates: make([]tls.Certificate, 1)}); !servesTLS(c) {
		t.Error("servesTLS = false with a certificate")
	}
	if servesTLS(nil) || servesTLS(&tls.Config{}) {
		t.Error("servesTLS = true without a certificate")
	}
}

func TestListenTwice(t *testing.T) {
	r := newRig(t, &http.Server{})
	defer r.end()
	second := newPipes()
	WithListener(second).apply(&r.cfg)
	if err := r.Listen(t.Context()); !errors.Is(err, errStarted) {
		t.Errorf("second Listen = %v, want %v", err, errStarted)
	}
	if _, err := second.dial(); err == nil {
		t.Error("the second listener was left open")
	}
}

// Force and Drain may come while a Listen is still binding.
func TestEndBeforeListen(t *testing.T) {
	for name, end := range map[string]func(*Server) error{
		"Force": func(s *Server) error { s.Force(); return nil },
		"Drain": func(s *Server) error { return s.Drain(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipes()
			s := NewServer(&http.Server{}, WithListener(p))
			if err := end(s); err != nil {
				t.Errorf("%s = %v, want nil", name, err)
			}
			if err := s.Listen(t.Context()); !errors.Is(err, ErrClosed) {
				t.Errorf("Listen after %s = %v, want %v", name, err, ErrClosed)
			}
			if _, err := p.dial(); err == nil {
				t.Error("the listener was left open")
			}
			if err := s.ListenAndServe(t.Context()); err != nil {
				t.Errorf("ListenAndServe after %s = %v, want nil", name, err)
			}
		})
	}
}

// A stop that comes before Serve's goroutine: who connected since Listen is answered.
func TestDrainBeforeServe(t *testing.T) {
	s := NewServer(&http.Server{Addr: "127.0.0.1:0", Handler: text("hello")})
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	var clients []*client
	for range 10 {
		c, err := dialServer(s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.send("/"); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	if err := s.Serve(t.Context()); err != nil {
		t.Errorf("Serve after Drain = %v, want nil", err)
	}
	s.Force()
	for _, c := range clients {
		if body, told, err := c.receive(); err != nil || body != "hello" || !told {
			t.Errorf("answer = %q, told %v, %v; want hello and Connection: close", body, told, err)
		}
	}
}

func TestServeReportsError(t *testing.T) {
	r := newRig(t, &http.Server{})
	r.pipes.Close() // behind the server's back
	err := <-r.runErr
	if !errors.Is(err, net.ErrClosed) || !strings.HasPrefix(err.Error(), "serve 192.0.2.1:80: ") {
		t.Errorf("Serve = %v, want one naming the address and %v", err, net.ErrClosed)
	}
	if r.Ready() {
		t.Error("Ready = true after Serve failed")
	}
}

// A drain that was skipped leaves Serve to its context.
func TestServeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		s := NewServer(&http.Server{Handler: text("hello")}, WithListener(p))
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- s.ListenAndServe(ctx) }()
		synctest.Wait()
		if _, err := p.dial(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("ListenAndServe = %v, want nil", err)
		}
	})
}

// The copy of the user's server has every exported field, also those that a
// later Go adds.
func TestCopiesEveryField(t *testing.T) {
	var user http.Server
	v := reflect.ValueOf(&user).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			fillNonZero(t, v.Type().Field(i).Name, v.Field(i))
		}
	}
	s := NewServer(&user)
	if err := s.install(door.New(newPipes(), false, nil)); err != nil {
		t.Fatal(err)
	}
	defer s.Force()
	in := reflect.ValueOf(&s.inner).Elem()
	for i := range in.NumField() {
		f := in.Type().Field(i)
		if f.IsExported() && f.Name != "BaseContext" && in.Field(i).IsZero() { // that one is set by accept
			t.Errorf("http.Server.%s is not copied", f.Name)
		}
	}
}

func fillNonZero(t *testing.T, name string, f reflect.Value) {
	switch f.Kind() {
	case reflect.String:
		f.SetString("x")
	case reflect.Bool:
		f.SetBool(true)
	case reflect.Int, reflect.Int64:
		f.SetInt(1)
	case reflect.Pointer:
		f.Set(reflect.New(f.Type().Elem()))
	case reflect.Map:
		f.Set(reflect.MakeMap(f.Type()))
	case reflect.Func:
		f.Set(reflect.MakeFunc(f.Type(), func([]reflect.Value) []reflect.Value { panic(name) }))
	case reflect.Interface:
		f.Set(reflect.ValueOf(http.NotFoundHandler()))
	default:
		t.Fatalf("http.Server.%s: no value of kind %v", name, f.Kind())
	}
}

func TestKeepsUserHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{ s string }
		var states, shutdowns atomic.Int32
		var ln net.Listener
		release := make(chan struct{})
		srv := &http.Server{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Context().Value(key{"base"}) == nil || r.Context().Value(key{"conn"}) == nil {
					t.Error("a request lacks the values of BaseContext or ConnContext")
				}
				<-release
			}),
			ConnState: func(net.Conn, http.ConnState) { states.Add(1) },
			BaseContext: func(l net.Listener) context.Context {
				ln = l
				return context.WithValue(context.Background(), key{"base"}, 1)
			},
			ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
				return context.WithValue(ctx, key{"conn"}, 1)
			},
		}
		srv.RegisterOnShutdown(func() { shutdowns.Add(1) })
		r := newRig(t, srv)
		c := r.dial()
		go c.get("/")
		synctest.Wait()
		drained := make(chan error, 1)
		go func() { drained <- r.Drain(t.Context()) }()
		synctest.Wait()
		if n := shutdowns.Load(); n != 1 {
			t.Errorf("RegisterOnShutdown ran %d times at the begin of the drain, want 1", n)
		}
		close(release)
		if err := <-drained; err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		r.end()
		synctest.Wait()
		if n := shutdowns.Load(); n != 1 {
			t.Errorf("RegisterOnShutdown ran %d times, want 1", n)
		}
		if n := states.Load(); n != 4 { // new, active, idle, closed
			t.Errorf("ConnState was called %d times, want 4", n)
		}
		if ln != net.Listener(r.pipes) {
			t.Errorf("BaseContext got %T, want the listener itself", ln)
		}
	})
}

// Requests have the values of Serve's context, and outlive it.
func TestRequestsInheritValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		p := newPipes()
		s := NewServer(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(r.Context().Value(key{}).(string)))
		})}, WithListener(p))
		ran := make(chan error, 1)
		go func() { ran <- s.ListenAndServe(context.WithValue(t.Context(), key{}, "value")) }()
		r := &rig{t: t, pipes: p}
		cl := r.dial()
		r.mustGet(cl, "/", "value")
		cl.Close()
		if err := s.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		if err := <-ran; err != nil {
			t.Errorf("ListenAndServe = %v, want nil", err)
		}
	})
}

func TestDefaultServeMux(t *testing.T) {
	w := httptest.NewRecorder()
	NewServer(nil).naming(nil).ServeHTTP(w, httptest.NewRequest("GET", "/no-such-page", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status = %d, want that of the default mux, 404", w.Code)
	}
}

// The handler gets net/http's own writer, with every optional method.
func TestWriterIsNotWrapped(t *testing.T) {
	s := NewServer(nil)
	rec := httptest.NewRecorder()
	for _, draining := range []bool{false, true} {
		s.books.draining.Store(draining)
		s.advising(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if w != http.ResponseWriter(rec) {
				t.Errorf("draining=%v: the handler got a %T", draining, w)
			}
			if got, want := w.Header().Get("Connection"), map[bool]string{true: "close"}[draining]; got != want {
				t.Errorf("draining=%v: Connection = %q, want %q", draining, got, want)
			}
		})).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	}
	up := httptest.NewRequest("GET", "/", nil)
	up.Header.Set("Upgrade", "websocket")
	rec = httptest.NewRecorder()
	s.advising(text("")).ServeHTTP(rec, up)
	if got := rec.Header().Get("Connection"); got != "" {
		t.Errorf("Connection of an upgrade = %q, want none", got)
	}
}

// Stop and Force beside Drain and Run, in every order the scheduler finds.
func TestForceBesideEverythingRace(t *testing.T) {
	for range 20 {
		r := newRig(t, &http.Server{Handler: text("hello")})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if c, err := r.pipes.dial(); err == nil {
					defer c.Close()
					c.SetDeadline(time.Now().Add(time.Minute))
					c.Write([]byte("GET / HTTP/1.1\r\nHost: test\r\n\r\n"))
				}
			})
		}
		wg.Go(func() { r.Drain(t.Context()) })
		wg.Go(r.Force)
		wg.Go(r.Force)
		r.end()
		wg.Wait()
	}
}
