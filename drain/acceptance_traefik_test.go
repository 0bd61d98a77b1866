// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// traefik, TestShutdownHijacked: nobody new comes in once a stop is under way, while a
// connection that was taken over by a handler works as before, both ways. Theirs counts
// them with a ticker of half a second; the drain here ends in the moment of the Close.
func TestHijackedGoesOnWhileNobodyComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{Handler: hijacker(func(c net.Conn) {
			defer c.Close()
			io.WriteString(c, "taken\n")
			io.Copy(c, c)
		})})
		c := r.dial()
		if err := c.send("/"); err != nil {
			t.Fatal(err)
		}
		c.wantLine(t, "taken")
		done := r.drainFor(t.Context())
		for range 3 {
			time.Sleep(7 * time.Second)
			if late, err := r.pipes.dial(); err == nil {
				late.Close()
				t.Error("the door is open")
			}
			c.ask(t, "still here", "still here")
		}
		c.Close()
		r.wantDrained(done, 21*time.Second)
		r.end()
	})
}

// datagrams is a server that echoes, for as long as a session lasts: from the first
// packet of an address to its "bye". It admits sessions through a gate.
type datagrams struct {
	net.PacketConn
	gate     Gate
	sessions map[string]bool
	refused  chan struct{}
}

func (s *datagrams) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.ReadFrom(buf)
		if err != nil {
			return
		}
		who, what := from.String(), string(buf[:n])
		switch {
		case !s.sessions[who] && !s.gate.Enter():
			s.refused <- struct{}{}
		case what == "bye":
			delete(s.sessions, who)
			s.gate.Leave()
		default:
			s.sessions[who] = true
			s.WriteTo(buf[:n], from)
		}
	}
}

// traefik, TestShutdownUDPConn: sessions of a protocol without connections go on
// during a stop, which ends with the last of them. Packets that would begin a new one
// are taken from the socket and dropped. There is no server for datagrams here: the
// gate is all that one needs.
func TestDatagramSessionsGoOn(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s := &datagrams{PacketConn: conn, sessions: map[string]bool{}, refused: make(chan struct{}, 1)}
	go s.serve()
	dial := func() net.Conn {
		c, err := net.Dial("udp", conn.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(time.Minute)) // a lost packet, not a hung test
		return c
	}
	wantEcho := func(c net.Conn, text string) {
		t.Helper()
		io.WriteString(c, text)
		buf := make([]byte, 1500)
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != text {
			t.Errorf("read %q, %v; want %q", buf[:n], err, text)
		}
	}
	c := dial()
	wantEcho(c, "one")
	s.gate.Shut()
	closed := make(chan error, 1)
	go func() { closed <- s.gate.Close(t.Context()) }()
	wantEcho(c, "two")
	io.WriteString(dial(), "another")
	<-s.refused
	wantEcho(c, "three")
	select {
	case err := <-closed:
		t.Errorf("Close = %v with a session in flight", err)
	default:
	}
	io.WriteString(c, "bye")
	if err := <-closed; err != nil {
		t.Errorf("Close = %v, want nil", err)
	}
}

// traefik, TestKeepAliveMaxRequests and TestKeepAliveMaxTime: a connection that has
// served so many requests, or for so long, ends with the next answer, which says so.
// Theirs are settings. Here it is the handler's to say; what it says is obeyed, and
// the connection is off the books.
func TestHandlersLimitConnections(t *testing.T) {
	type key struct{}
	type age struct {
		requests atomic.Int32
		since    time.Time
	}
	for _, tt := range []struct {
		name  string
		over  func(*age) bool
		every time.Duration
		want  []bool // told to leave
	}{
		{"requests", func(a *age) bool { return a.requests.Load() >= 3 }, 0, []bool{false, false, true}},
		{
			"time", func(a *age) bool { return time.Since(a.since) >= time.Millisecond },
			time.Millisecond,
			[]bool{false, true},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, &http.Server{
					ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
						return context.WithValue(ctx, key{}, &age{since: time.Now()})
					},
					Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						a := r.Context().Value(key{}).(*age)
						if a.requests.Add(1); tt.over(a) {
							w.Header().Set("Connection", "close")
						}
						io.WriteString(w, "hello")
					}),
				})
				c := r.dial()
				for i, want := range tt.want {
					if told := r.mustGet(c, "/", "hello"); told != want {
						t.Errorf("request %d: told %v, want %v", i, told, want)
					}
					time.Sleep(tt.every)
				}
				r.wantEOF(c)
				synctest.Wait()
				if n := r.Counts(); n != (Counts{}) {
					t.Errorf("Counts = %+v, want none", n)
				}
				r.wantDrained(r.drainFor(t.Context()), 0)
				r.end()
			})
		})
	}
}
