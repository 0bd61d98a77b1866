// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/internal/door"
)

// These tests use real sockets of the loopback interface: what they look for is
// between the program and the kernel.

// stops is how many stops a load test makes.
func stops() int {
	if os.Getenv("QUIESCE_LONG") != "" {
		return 40
	}
	return 3
}

const testClients = 64

// outcomes counts attempts; one request is one.
type outcomes struct{ answered, refused, lost atomic.Int64 }

func (n *outcomes) String() string {
	return fmt.Sprintf("%d answered, %d refused before they were sent, %d lost", n.answered.Load(), n.refused.Load(), n.lost.Load())
}

func listenRig(t *testing.T, srv *http.Server) (r *rig, addr string) {
	t.Helper()
	srv.Addr = "127.0.0.1:0"
	r = startRig(t, NewServer(srv))
	return r, r.door.Addr().String()
}

func dialServer(addr string) (*client, error) { return dialWithin(addr, time.Minute) }

func dialWithin(addr string, timeout time.Duration) (*client, error) {
	c, err := net.DialTimeout("tcp", addr, timeout)
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(time.Minute)) // a lost answer, not a hung test
	return newClient(c), nil
}

// attempt sends one request on c and puts the outcome on the books.
func (n *outcomes) attempt(c *client) (keep bool) {
	body, told, err := c.get("/")
	if err != nil || body != "hello" {
		n.lost.Add(1)
		return false
	}
	n.answered.Add(1)
	return !told
}

// stopUnderLoad drains a server that clients use, when each has been served.
func stopUnderLoad(t *testing.T, client func(addr string, first func())) {
	t.Helper()
	r, addr := listenRig(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if rand.IntN(2) == 0 {
			runtime.Gosched()
		}
		io.WriteString(w, "hello")
	})})
	var clients, served sync.WaitGroup
	served.Add(testClients)
	for range testClients {
		clients.Go(func() { client(addr, sync.OnceFunc(served.Done)) })
	}
	served.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := r.Drain(ctx); err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	r.end()
	clients.Wait()
}

// Clients that stay on their connection until they are told to leave.
func TestStickyClientsLoseNothing(t *testing.T) {
	var n outcomes
	for range stops() {
		stopUnderLoad(t, func(addr string, first func()) {
			c, err := dialServer(addr)
			if err != nil {
				t.Error(err)
				first()
				return
			}
			defer c.Close()
			for n.attempt(c) {
				first()
				time.Sleep(rand.N(20 * time.Millisecond)) // the load's think time, not a synchronisation
			}
			first()
		})
	}
	if n.lost.Load() > 0 {
		t.Errorf("%v; want none lost", &n)
	}
	t.Log(&n)
}

// Clients that come back at once, on the connection while they have one.
func TestSaturatingClientsLoseNothing(t *testing.T) {
	var n outcomes
	for range stops() {
		stopUnderLoad(t, func(addr string, first func()) {
			c, err := dialServer(addr)
			if err != nil {
				t.Error(err)
				first()
				return
			}
			defer c.Close()
			for n.attempt(c) {
				first()
			}
			first()
		})
	}
	if n.lost.Load() > 0 {
		t.Errorf("%v; want none lost", &n)
	}
	t.Log(&n)
}

// Clients with a connection for each request, until they are refused. Where new
// connections cannot be held off, a few may come between the last accept and
// the close.
func TestNewConnectionsLoseNothing(t *testing.T) {
	var n outcomes
	for range stops() {
		stopUnderLoad(t, func(addr string, first func()) {
			defer first()
			for {
				c, err := dialWithin(addr, 250*time.Millisecond) // held off is refused
				if err != nil {
					n.refused.Add(1)
					return
				}
				n.attempt(c)
				c.Close()
				first()
			}
		})
	}
	if n.lost.Load() > 0 && runtime.GOOS == "linux" {
		t.Errorf("%v; want none lost", &n)
	}
	t.Log(&n)
}

// Connections expire at the very moment their next request arrives. What has
// begun is answered: the server never runs a request on a connection it closed.
func TestBegunIsAnsweredRace(t *testing.T) {
	var began, answered, unanswered atomic.Int64
	for range 4 * stops() {
		r, addr := listenRig(t, &http.Server{
			ReadTimeout: time.Minute,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				began.Add(1)
				b, err := io.ReadAll(r.Body)
				if err != nil || r.Context().Err() != nil {
					t.Errorf("body = %q, %v; context = %v", b, err, r.Context().Err())
				}
				w.Write(b)
			}),
		})
		r.most = time.Millisecond
		var clients, served sync.WaitGroup
		served.Add(testClients)
		start := make(chan struct{})
		for range testClients {
			clients.Go(func() {
				c, err := dialServer(addr)
				if err != nil {
					t.Error(err)
					served.Done()
					return
				}
				defer c.Close()
				post := func() {
					io.WriteString(c, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n")
					runtime.Gosched()
					io.WriteString(c, "hello")
					if body, _, err := c.receive(); err == nil && body == "hello" {
						answered.Add(1)
					} else {
						unanswered.Add(1)
					}
				}
				post()
				served.Done()
				<-start
				time.Sleep(rand.N(2*door.Quiet + 2*time.Millisecond)) // hits the expiry from both sides
				post()
			})
		}
		served.Wait()
		close(start)
		if err := r.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		clients.Wait()
		r.end()
	}
	if began.Load() != answered.Load() {
		t.Errorf("%d requests began, %d were answered", began.Load(), answered.Load())
	}
	t.Logf("%d answered, %d refused before they began", answered.Load(), unanswered.Load())
}

// Requests in flight on an HTTP/2 connection finish; an idle one gets a GOAWAY.
// Hooks and handlers see the TLS as with net/http.
func TestDrainOverHTTP2(t *testing.T) {
	certs := httptest.NewTLSServer(nil)
	defer certs.Close()
	const streams = 10
	release := make(chan struct{})
	var began sync.WaitGroup
	began.Add(streams)
	srv := &http.Server{
		TLSConfig: &tls.Config{Certificates: certs.TLS.Certificates},
		ConnState: func(c net.Conn, _ http.ConnState) {
			if _, ok := c.(*tls.Conn); !ok {
				t.Errorf("ConnState got a %T, want a *tls.Conn", c)
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.TLS == nil || r.TLS.NegotiatedProtocol != "h2" {
				t.Errorf("TLS = %+v, want one that negotiated h2", r.TLS)
			}
			if r.URL.Path == "/slow" {
				began.Done()
				<-release
			}
			io.WriteString(w, r.Proto)
		}),
	}
	r, addr := listenRig(t, srv)
	client := func() *http.Client {
		tr := certs.Client().Transport.(*http.Transport).Clone()
		tr.ForceAttemptHTTP2 = true
		t.Cleanup(tr.CloseIdleConnections)
		return &http.Client{Transport: tr}
	}
	get := func(c *http.Client, path string) {
		resp, err := c.Get("https://" + addr + path)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "HTTP/2.0" {
			t.Errorf("%s = %q, %v; want HTTP/2.0", path, b, err)
		}
	}
	working, resting := client(), client()
	get(resting, "/")
	get(working, "/")
	var slow sync.WaitGroup
	for range streams {
		slow.Go(func() { get(working, "/slow") })
	}
	began.Wait()
	drained := make(chan error, 1)
	go func() { drained <- r.Drain(t.Context()) }()
	<-r.serving // the door is closed, the requests are still in flight
	if n := r.books.counts(); n[multi] == 0 || n[busy] > 0 {
		t.Errorf("counts = %+v, want HTTP/2 connections only", n)
	}
	close(release)
	slow.Wait()
	if err := <-drained; err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	r.end()
}

// A Go program's own client, over TLS and HTTP/1, keeps its connections alive.
func TestDrainOverTLS(t *testing.T) {
	certs := httptest.NewTLSServer(nil)
	defer certs.Close()
	logged := new(strings.Builder)
	r, addr := listenRig(t, &http.Server{TLSConfig: certs.TLS.Clone(), Handler: text("hello")})
	r.most = 20 * time.Millisecond
	tr := certs.Client().Transport.(*http.Transport)
	resp, err := certs.Client().Get("https://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(logged, resp.Body)
	resp.Body.Close()
	if resp.ProtoMajor != 1 || logged.String() != "hello" {
		t.Fatalf("got %q over %s, want hello over HTTP/1.1", logged, resp.Proto)
	}
	if err := r.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	tr.CloseIdleConnections()
	r.end()
}
