// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	// h2Hello is the beginning of an HTTP/2 client: its preface and empty SETTINGS.
	h2Hello = h2Preface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

	// h2Get is HEADERS of stream 1, from HPACK's static table: GET http / and an
	// authority.
	h2Get = "\x00\x00\x07\x01\x05\x00\x00\x00\x01" + "\x82\x86\x84\x01\x02hi"

	// h2Leaving is a client's GOAWAY of no error, which has seen no stream.
	h2Leaving = "\x00\x00\x08\x07\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"
)

// transcript reads frames until the connection ends, and writes down those that are
// about streams and about leaving.
func transcript(c net.Conn) <-chan []string {
	got := make(chan []string, 1)
	go func() {
		var out []string
		defer func() { got <- out }()
		for {
			var head [9]byte
			if _, err := io.ReadFull(c, head[:]); err != nil {
				return
			}
			payload := make([]byte, binary.BigEndian.Uint32(head[:4])>>8)
			if _, err := io.ReadFull(c, payload); err != nil {
				return
			}
			if line := frameText(head[3], head[4], binary.BigEndian.Uint32(head[5:]), payload); line != "" {
				out = append(out, line)
			}
		}
	}()
	return got
}

func frameText(kind, flags byte, stream uint32, payload []byte) string {
	const endStream = 1
	switch kind {
	case 0, 1: // DATA, HEADERS
		return fmt.Sprintf("%s %d end %v", [...]string{"DATA", "HEADERS"}[kind], stream, flags&endStream != 0)
	case 3:
		return fmt.Sprintf("RST_STREAM %d", stream)
	case 5:
		return fmt.Sprintf("PUSH_PROMISE %d", stream)
	case goAwayFrame:
		return fmt.Sprintf("GOAWAY %d", binary.BigEndian.Uint32(payload))
	}
	return ""
}

// x/net/http2, TestServerGracefulShutdown: a stop names the last stream in a GOAWAY,
// finishes that stream, and closes the connection. Ours sends two: the first lets
// clients finish what they have sent, the second is the one of theirs.
func TestStreamInFlightAmongGoAways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, release := make(chan struct{}), make(chan struct{})
		r := newRig2(t, &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(in)
			<-release
		})})
		c := r.dial()
		frames := transcript(c)
		io.WriteString(c, h2Hello+h2Get)
		<-in
		done := r.drainFor(t.Context())
		time.Sleep(20 * time.Second)
		close(release)
		want := []string{"GOAWAY 2147483647", "GOAWAY 1", "HEADERS 1 end true"}
		if got := <-frames; !slices.Equal(got, want) {
			t.Errorf("the client got %q, want %q", got, want)
		}
		if d := <-done; d.err != nil || d.took > 20*time.Second+goAwayTimeout {
			t.Errorf("Drain = %v after %v, want nil after 20 s and at most %v", d.err, d.took, goAwayTimeout)
		}
		r.end()
	})
}

// x/net/http2, TestServer_Push_RejectAfterGoAway: nothing is pushed to a client that
// has said that it leaves. Before that a handler finds Push through our server, as it
// does without it.
func TestNothingIsPushedToWhoLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, release := make(chan struct{}), make(chan struct{})
		result := make(chan error, 1)
		r := newRig2(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				return
			}
			p, ok := w.(http.Pusher)
			if !ok {
				t.Errorf("%T has no Push", w)
				close(in)
				return
			}
			if err := p.Push("/pushed", nil); err != nil {
				t.Errorf("Push before the client leaves = %v, want nil", err)
			}
			close(in)
			<-release
			result <- p.Push("/pushed", nil)
		})})
		c := r.dial()
		frames := transcript(c)
		io.WriteString(c, h2Hello+h2Get)
		<-in
		io.WriteString(c, h2Leaving)
		synctest.Wait()
		close(release)
		if err := <-result; !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Push = %v, want %v", err, http.ErrNotSupported)
		}
		synctest.Wait()
		c.Close()
		if got := strings.Join(<-frames, ", "); strings.Count(got, "PUSH_PROMISE 1") != 1 {
			t.Errorf("the client got %s; want one PUSH_PROMISE", got)
		}
		synctest.Wait() // the server has seen the end as well
		r.wantDrained(r.drainFor(t.Context()), 0)
		r.end()
	})
}

// farConn is a client's connection to a server that is far away.
type farConn struct {
	net.Conn
	way    time.Duration // from the client to the server
	sent   chan packet
	closed chan struct{} // by the client
	once   sync.Once
}

type packet struct {
	arrives time.Time
	what    []byte
}

func newFarConn(c net.Conn) *farConn {
	f := &farConn{Conn: c, sent: make(chan packet, 100), closed: make(chan struct{})}
	go f.carry()
	return f
}

// carry is what lies between the two. A Write that slept would hold the locks of its
// caller, and virtual time does not pass for those that wait for a lock.
func (c *farConn) carry() {
	for {
		var p packet
		select {
		case p = <-c.sent:
		case <-c.closed:
			return
		}
		select {
		case <-time.After(time.Until(p.arrives)):
			c.Conn.Write(p.what)
		case <-c.closed:
			return
		}
	}
}

func (c *farConn) Write(p []byte) (int, error) {
	c.sent <- packet{time.Now().Add(c.way), bytes.Clone(p)}
	return len(p), nil
}

func (c *farConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// farClient returns Go's HTTP/2 client with one connection, of which it was answered.
func (r *rig) farClient() (*http.Client, *farConn) {
	r.t.Helper()
	client := r.client2()
	var conn *farConn
	client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		c, err := r.pipes.dial()
		if err != nil {
			return nil, err // it tries again, elsewhere if it could
		}
		conn = newFarConn(c)
		return conn, nil
	}
	r.mustGet2(client, "/", "hello")
	synctest.Wait()
	return client, conn
}

// x/net/http2, TestTransportClosesConnAfterGoAwayLastStream and
// TestTransportClosesConnAfterGoAwayNoStreams: a client that reads a GOAWAY closes
// the connection: with the answer if the GOAWAY has named its stream, without if not.
// Seen from the server, that is how a drain ends. A request of the second kind was on
// its way for longer than the 50 ms between our two GOAWAYs; no handler has run.
func TestClientLeavesWhenTold(t *testing.T) {
	for way, answered := range map[time.Duration]bool{0: true, goAwayGap / 2: true, 2 * goAwayGap: false, time.Minute: false} {
		t.Run(way.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				r := newRig2(t, &http.Server{Handler: slowHandler(release)}, WithRequests(nil))
				client, conn := r.farClient()
				conn.way = way
				got := make(chan error, 1)
				go func() {
					body, err := fetch(client, "/slow")
					if err == nil && body != "slow" {
						t.Errorf("body = %q, want slow", body)
					}
					got <- err
				}()
				synctest.Wait() // sent
				done := r.drainFor(t.Context())
				time.Sleep(goAwayGap + goAwayTimeout)
				if n := r.requests.InFlight(); n == 1 != answered {
					t.Errorf("%d requests in flight", n)
				}
				close(release)
				if err := <-got; (err == nil) != answered {
					t.Errorf("answered: %v; want %v", err, answered)
				}
				if d := <-done; d.err != nil {
					t.Errorf("Drain = %v, want nil", d.err)
				}
				<-conn.closed
				r.end()
			})
		})
	}
}
