// SPDX-License-Identifier: Apache-2.0

package protocol_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/protocol"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// sockets is a server whose websockets live until the test says how they end.
type sockets struct {
	*httptest.Server
	end chan func(*websocket.Conn)
}

func serveWS(t *testing.T, secure bool) *sockets {
	t.Helper()
	s := &sockets{end: make(chan func(*websocket.Conn))}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.handle))
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func (s *sockets) addr() string { return s.Listener.Addr().String() }

func (s *sockets) handle(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"shop"}})
	if err != nil {
		return
	}
	defer c.CloseNow()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // echoes, and answers pings
		defer cancel()
		for {
			kind, b, err := c.Read(ctx)
			if err != nil || c.Write(ctx, kind, b) != nil {
				return
			}
		}
	}()
	select {
	case end := <-s.end:
		end(c)
	case <-ctx.Done():
	}
}

func closing(code websocket.StatusCode) func(*websocket.Conn) {
	return func(c *websocket.Conn) { c.Close(code, "") }
}

func TestWSEndings(t *testing.T) {
	tests := []struct {
		name string
		end  func(*websocket.Conn)
		want load.Outcome
	}{
		{"normal", closing(websocket.StatusNormalClosure), load.OK},
		{"going away", closing(websocket.StatusGoingAway), load.OK},
		{"service restart", closing(websocket.StatusServiceRestart), load.OK},
		{"internal error", closing(websocket.StatusInternalError), load.WSAbnormal},
		{"no status", closing(websocket.StatusNoStatusRcvd), load.WSAbnormal},
		{"no close frame", func(c *websocket.Conn) { c.CloseNow() }, load.WSAbnormal},
	}
	for _, tt := range tests {
		for name, o := range map[string]protocol.WSOptions{
			"ping": {Every: time.Millisecond}, "echo": {Message: "hello", Every: time.Millisecond},
		} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				s := serveWS(t, false)
				r := start(t, s.addr(), protocol.WS(load.Request{}, o), time.Minute)
				r.served(t)
				s.end <- tt.end
				a := r.first(t)
				want(t, a, tt.want)
				if !a.Fresh || a.Sent == 0 || a.Status != http.StatusSwitchingProtocols {
					t.Errorf("got %+v", a)
				}
			})
		}
	}
}

// The server's count and the load's agree, also of those that were told to leave.
func TestWSAgain(t *testing.T) {
	s := serveWS(t, false)
	r := start(t, s.addr(), protocol.WS(load.Request{}, protocol.WSOptions{}), time.Minute)
	const n = 5
	for range n {
		s.end <- closing(websocket.StatusGoingAway)
		want(t, r.first(t), load.OK)
	}
	r.Close()
	if tally := r.Tallies()[0]; tally.Answered != n || tally.Told != n || tally.Lost != 0 {
		t.Errorf("tally = %+v, want %d of all", tally, n)
	}
}

func TestWSRefused(t *testing.T) {
	tests := []struct {
		name   string
		handle http.HandlerFunc
		want   load.Outcome
		status int
	}{
		{"come back", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, load.HTTPRefused, 503},
		{"not found", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, load.HTTPError, 404},
		{"no websocket", func(http.ResponseWriter, *http.Request) {}, load.HTTPError, 200},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, load.HTTPError, 302},
		{"closed", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, load.NoResponse, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(tt.handle)
			defer s.Close()
			r := start(t, s.Listener.Addr().String(), protocol.WS(load.Request{}, protocol.WSOptions{}), time.Minute)
			defer r.Close()
			a := r.first(t)
			want(t, a, tt.want)
			if a.Status != tt.status {
				t.Errorf("status = %d, want %d", a.Status, tt.status)
			}
		})
	}
}

// A server that does not answer what is sent is found out, also in the handshake.
func TestWSTimeout(t *testing.T) {
	for name, handshake := range map[string]bool{"handshake": true, "message": false} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !handshake {
					c, err := websocket.Accept(w, r, nil)
					if err != nil {
						return
					}
					defer c.CloseNow()
				}
				<-release
			}))
			defer s.Close()
			defer close(release)
			r := start(t, s.Listener.Addr().String(), protocol.WS(load.Request{}, protocol.WSOptions{}), 100*time.Millisecond)
			defer r.Close()
			want(t, r.first(t), load.Timeout)
		})
	}
}

func TestWSNotConnected(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	kind := protocol.WS(load.Request{}, protocol.WSOptions{})
	want(t, start(t, s.Listener.Addr().String(), kind, time.Minute).first(t), load.Refused)
}

func TestWSTLS(t *testing.T) {
	s := serveWS(t, true)
	trusting := &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	r := start(t, s.addr(), protocol.WS(load.Request{TLS: trusting}, protocol.WSOptions{}), time.Minute)
	r.served(t)
	s.end <- closing(websocket.StatusGoingAway)
	want(t, r.first(t), load.OK)

	kind := protocol.WS(load.Request{TLS: &tls.Config{}}, protocol.WSOptions{})
	want(t, start(t, s.addr(), kind, time.Minute).first(t), load.TLSFailed)
}

func TestWSHandshake(t *testing.T) {
	seen := make(chan *http.Request, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case seen <- r:
		default:
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer s.Close()
	request := load.Request{
		Path: "/feed/{id}", Host: "shop", Header: http.Header{"X-Id": {"{id}"}},
		IDs: func() string { return "w7" },
	}
	r := start(t, s.Listener.Addr().String(), protocol.WS(request, protocol.WSOptions{Subprotocols: []string{"shop"}}), time.Minute)
	defer r.Close()
	if a := r.first(t); a.ID != "w7" {
		t.Errorf("id = %q", a.ID)
	}
	got := <-seen
	if got.URL.Path != "/feed/w7" || got.Host != "shop" || got.Header.Get("X-Id") != "w7" || !strings.Contains(got.Header.Get("Sec-Websocket-Protocol"), "shop") {
		t.Errorf("got %v %v %v", got.URL, got.Host, got.Header)
	}
	if request.Header.Get("X-Id") != "{id}" {
		t.Error("the request was changed")
	}
}

// What the end of the session cuts off is nobody's fault.
func TestWSAbandoned(t *testing.T) {
	s := serveWS(t, false)
	r := start(t, s.addr(), protocol.WS(load.Request{}, protocol.WSOptions{}), time.Minute)
	r.served(t)
	r.Close()
	want(t, r.first(t), load.Abandoned)
}
