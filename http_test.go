// SPDX-License-Identifier: Apache-2.0

package quiesce

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
)

func TestHTTPNilArguments(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Component
		want error
	}{
		{"server", HTTP(nil), errHTTPNil},
		{"server on listener", HTTPOn(nil, newHTTPPipes()), errHTTPNil},
		{"listener", HTTPOn(&http.Server{}, nil), errHTTPOnNil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.c.Start(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("Start = %v, want %v", err, tt.want)
			}
			for name, hook := range map[string]func(context.Context) error{"Run": tt.c.Run, "Drain": tt.c.Drain, "Stop": tt.c.Stop} {
				if err := hook(t.Context()); err != nil {
					t.Errorf("%s after a failed start = %v, want nil", name, err)
				}
			}
			tt.c.Force()
			if !tt.c.Serves {
				t.Error("Serves = false, want true")
			}
		})
	}
}

func TestHTTPBusyPortFailsStart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	addr := ln.Addr().String()
	err = HTTP(&http.Server{Addr: addr}).Start(t.Context())
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Fatalf("Start = %v, want %v", err, syscall.EADDRINUSE)
	}
	if got, want := err.Error(), "listen tcp "+addr+": bind: "; !strings.HasPrefix(got, want) {
		t.Errorf("Start = %q, want it to begin with %q", got, want)
	}
}

func TestHTTPStartObeysContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := HTTP(&http.Server{Addr: "127.0.0.1:0"}).Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Start = %v, want %v", err, context.Canceled)
	}
}

// The only place where HTTP binds by itself and a client comes.
func TestHTTPBindsAddr(t *testing.T) {
	s := newHTTPServer(&http.Server{Addr: "127.0.0.1:0", Handler: httpText("hello")})
	c := s.component()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- c.Run(context.WithoutCancel(t.Context())) }()
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: tr}).Get("http://" + s.door.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := c.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	if err := <-ran; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Errorf("Stop = %v, want nil", err)
	}
	if c, err := net.Dial("tcp", s.door.Addr().String()); err == nil {
		c.Close()
		t.Error("the port is still open after Drain")
	}
}

func TestHTTPServesTLS(t *testing.T) {
	if c := (&tls.Config{Certificates: make([]tls.Certificate, 1)}); !servesTLS(c) {
		t.Error("servesTLS = false with a certificate")
	}
	if servesTLS(nil) || servesTLS(&tls.Config{}) {
		t.Error("servesTLS = true without a certificate")
	}
}

func TestHTTPStartTwice(t *testing.T) {
	r := newHTTPRig(t, &http.Server{})
	defer r.end()
	second := newHTTPPipes()
	r.bind = func(context.Context) (*httpDoor, error) { return newHTTPDoor(second, false), nil }
	if err := r.start(t.Context()); !errors.Is(err, errHTTPStarted) {
		t.Errorf("second Start = %v, want %v", err, errHTTPStarted)
	}
	if _, err := second.dial(); err == nil {
		t.Error("the second listener was left open")
	}
}

// Force may come while a Start that overran is still binding.
func TestHTTPForceBeforeStart(t *testing.T) {
	pipes := newHTTPPipes()
	c := HTTPOn(&http.Server{}, pipes)
	c.Force()
	if err := c.Start(t.Context()); !errors.Is(err, errHTTPCut) {
		t.Errorf("Start after Force = %v, want %v", err, errHTTPCut)
	}
	if _, err := pipes.dial(); err == nil {
		t.Error("the listener was left open")
	}
}

// A stop that comes before Run's goroutine: who connected since Start is answered.
func TestHTTPDrainBeforeRun(t *testing.T) {
	s := newHTTPServer(&http.Server{Addr: "127.0.0.1:0", Handler: httpText("hello")})
	c := s.component()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var clients []*httpClient
	for range 10 {
		c, err := dialHTTP(s.door.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.send("/"); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	if err := c.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	if err := c.Run(t.Context()); err != nil {
		t.Errorf("Run after Drain = %v, want nil", err)
	}
	if err := c.Stop(t.Context()); err != nil {
		t.Errorf("Stop = %v, want nil", err)
	}
	for _, c := range clients {
		if body, told, err := c.receive(); err != nil || body != "hello" || !told {
			t.Errorf("answer = %q, told %v, %v; want hello and Connection: close", body, told, err)
		}
	}
}

func TestHTTPRunReportsServeError(t *testing.T) {
	r := newHTTPRig(t, &http.Server{})
	r.pipes.Close() // behind the component's back
	err := <-r.runErr
	if !errors.Is(err, net.ErrClosed) || !strings.HasPrefix(err.Error(), "serve 192.0.2.1:80: ") {
		t.Errorf("Run = %v, want one naming the address and %v", err, net.ErrClosed)
	}
	if err := r.stop(t.Context()); err != nil {
		t.Errorf("Stop = %v, want nil", err)
	}
}

// A drain that was skipped leaves Run to its context.
func TestHTTPRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := newHTTPPipes()
		c := HTTPOn(&http.Server{Handler: httpText("hello")}, pipes)
		if err := c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- c.Run(ctx) }()
		if _, err := pipes.dial(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	})
}

// The copy of the user's server has every exported field, also those that a
// later Go adds.
func TestHTTPCopiesEveryField(t *testing.T) {
	var user http.Server
	v := reflect.ValueOf(&user).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			fillNonZero(t, v.Type().Field(i).Name, v.Field(i))
		}
	}
	s := newHTTPServer(&user)
	if err := s.install(newHTTPDoor(newHTTPPipes(), false)); err != nil {
		t.Fatal(err)
	}
	defer s.force()
	s.open(t.Context())
	in := reflect.ValueOf(&s.inner).Elem()
	for i := range in.NumField() {
		if f := in.Type().Field(i); f.IsExported() && in.Field(i).IsZero() {
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

func TestHTTPKeepsUserHooks(t *testing.T) {
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
		r := newHTTPRig(t, srv)
		c := r.client()
		go c.get("/")
		synctest.Wait()
		drained := make(chan error, 1)
		go func() { drained <- r.drain(t.Context()) }()
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

// Requests have the values of Run's context, and outlive it.
func TestHTTPRequestsInheritValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		pipes := newHTTPPipes()
		c := HTTPOn(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(r.Context().Value(key{}).(string)))
		})}, pipes)
		if err := c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ran := make(chan error, 1)
		go func() { ran <- c.Run(context.WithValue(t.Context(), key{}, "value")) }()
		r := &httpRig{t: t, pipes: pipes}
		cl := r.client()
		r.mustGet(cl, "/", "value")
		cl.Close()
		if err := c.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		if err := <-ran; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		c.Stop(t.Context())
	})
}

func TestHTTPDefaultServeMux(t *testing.T) {
	s := newHTTPServer(nil)
	w := httptest.NewRecorder()
	s.advised(nil).ServeHTTP(w, httptest.NewRequest("GET", "/no-such-page", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status = %d, want that of the default mux, 404", w.Code)
	}
}

// The handler gets net/http's own writer, with every optional method.
func TestHTTPWriterIsNotWrapped(t *testing.T) {
	s := newHTTPServer(nil)
	rec := httptest.NewRecorder()
	for _, draining := range []bool{false, true} {
		s.conns.draining.Store(draining)
		s.advised(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
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
	s.advised(httpText("")).ServeHTTP(rec, up)
	if got := rec.Header().Get("Connection"); got != "" {
		t.Errorf("Connection of an upgrade = %q, want none", got)
	}
}

// Stop and Force beside Drain and Run, in every order the scheduler finds.
func TestHTTPForceBesideEverythingRace(t *testing.T) {
	for range 20 {
		r := newHTTPRig(t, &http.Server{Handler: httpText("hello")})
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
		wg.Go(func() { r.drain(t.Context()) })
		wg.Go(r.force)
		wg.Go(r.force)
		r.end()
		wg.Wait()
	}
}
