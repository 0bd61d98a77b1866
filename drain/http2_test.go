// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// goAwayTimeout is net/http's: from the GOAWAY, or from the end of the last
// stream if that is later, until it closes the connection.
const goAwayTimeout = time.Second

// newRig2 serves HTTP/1 and unencrypted HTTP/2.
func newRig2(t *testing.T, srv *http.Server, options ...Option) *rig {
	t.Helper()
	srv.Protocols = new(http.Protocols)
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	return newRig(t, srv, options...)
}

// client2 returns Go's own client.
func (r *rig) client2() *http.Client {
	tr := &http.Transport{
		Protocols:   new(http.Protocols),
		DialContext: func(context.Context, string, string) (net.Conn, error) { return r.pipes.dial() },
	}
	tr.Protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: tr}
}

// mustGet2 is mustGet for client2.
func (r *rig) mustGet2(c *http.Client, path, want string) {
	r.t.Helper()
	resp, err := c.Get("http://test" + path)
	if err != nil {
		r.t.Errorf("GET %s: %v", path, err)
		return
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != want || resp.ProtoMajor != 2 {
		r.t.Errorf("GET %s = %q over %s, %v; want %q over HTTP/2", path, b, resp.Proto, err, want)
	}
}

// Unencrypted HTTP/2 is known for what it is, and an idle connection is told at
// once, so that its second passes beside that of HTTP/1.
func TestDrainTellsIdleHTTP2AtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig2(t, &http.Server{Handler: text("hello")})
		two, one := r.client2(), r.dial()
		r.mustGet2(two, "/", "hello")
		r.mustGet(one, "/", "hello")
		synctest.Wait()
		if got, want := r.Counts(), (Counts{Idle: 1, HTTP2Idle: 1}); got != want {
			t.Errorf("Counts = %+v, want %+v", got, want)
		}
		// When a client that was told leaves is net/http's choice: Go 1.26 takes its
		// whole second, Go 1.27 does not.
		if d := <-r.drainFor(t.Context()); d.err != nil || d.took < adviseMost || d.took > goAwayGap+goAwayTimeout {
			t.Errorf("Drain = %v after %v, want nil after %v to %v", d.err, d.took, adviseMost, goAwayGap+goAwayTimeout)
		}
		r.wantEOF(one)
		r.end()
	})
}

// A torn connection fails to write when it is told to, before a read notices
// anything. Its first Close takes long.
type torn struct {
	net.Conn
	broken atomic.Bool
	closed atomic.Bool
}

func (c *torn) Write(p []byte) (int, error) {
	if c.broken.Load() {
		return 0, io.ErrClosedPipe
	}
	return c.Conn.Write(p)
}

func (c *torn) Close() error {
	err := c.Conn.Close()
	if !c.closed.Swap(true) {
		time.Sleep(time.Second)
	}
	return err
}

// net/http closes an HTTP/2 connection whose write fails, and calls it idle after
// that, when it ends its streams. A drain must not wait for it.
func TestDrainForgetsTornHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		r := newRig2(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-answer
			_, _ = io.WriteString(w, "hello")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})})
		client, server := net.Pipe()
		conn := &torn{Conn: server}
		r.pipes.conns <- conn
		p := &peer2{Conn: client, ended: make(chan struct{})}
		go p.listen()
		io.WriteString(client, h2Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"+ // and SETTINGS
			"\x00\x00\x09\x01\x05\x00\x00\x00\x01"+"\x82\x86\x84\x41\x04test") // and GET / of stream 1
		synctest.Wait()
		if got, want := r.Counts(), (Counts{HTTP2Busy: 1}); got != want {
			t.Errorf("Counts with a request = %+v, want %+v", got, want)
		}
		drained := r.drainFor(t.Context())
		synctest.Wait()
		conn.broken.Store(true)
		close(answer)
		// The client is gone at once, the server when its Close is over.
		if d := <-drained; d.err != nil || d.took > 2*time.Second {
			t.Errorf("Drain = %v after %v, want nil within 2s", d.err, d.took)
		}
		<-p.ended
		r.end()
	})
}

// Streams in flight are finished. A client that leaves when told costs no time
// after its last stream, however many others were idle.
func TestDrainFinishesHTTP2Streams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := newRig2(t, &http.Server{Handler: slowHandler(release)})
		two, idle := r.client2(), r.client2()
		r.mustGet2(idle, "/", "hello")
		for range 10 {
			go r.mustGet2(two, "/slow", "slow")
		}
		synctest.Wait()
		if got, want := r.Counts(), (Counts{HTTP2Idle: 1, HTTP2Busy: 1}); got != want {
			t.Errorf("Counts = %+v, want %+v", got, want)
		}
		done := r.drainFor(t.Context())
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got, want := r.Counts(), (Counts{HTTP2Busy: 1}); got != want {
			t.Errorf("Counts = %+v, want %+v", got, want)
		}
		close(release)
		r.wantDrained(done, 20*time.Second)
		r.end()
	})
}

// peer2 is an HTTP/2 client that says nothing after its preface and notes what
// it is told.
type peer2 struct {
	net.Conn
	goAways []goAway
	ended   chan struct{}
}

// A goAway is one that was received.
type goAway struct {
	last uint32 // stream
	at   time.Time
}

const anyStream = 1<<31 - 1

func (r *rig) dial2() *peer2 {
	r.t.Helper()
	c, err := r.pipes.dial()
	if err != nil {
		r.t.Fatal(err)
	}
	p := &peer2{Conn: c, ended: make(chan struct{})}
	go p.listen()
	io.WriteString(c, h2Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00") // and SETTINGS
	return p
}

func (p *peer2) listen() {
	defer close(p.ended)
	for {
		var head [9]byte
		if _, err := io.ReadFull(p, head[:]); err != nil {
			return
		}
		payload := make([]byte, binary.BigEndian.Uint32(head[:4])>>8)
		if _, err := io.ReadFull(p, payload); err != nil {
			return
		}
		if head[3] == goAwayFrame {
			p.goAways = append(p.goAways, goAway{binary.BigEndian.Uint32(payload), time.Now()})
		}
	}
}

// Every HTTP/2 connection is told once: that it should begin no more streams, and
// a moment later which ones were seen. One that comes while the door is still
// open is told when it is closed: before, the client would come back.
func TestDrainTellsHTTP2Once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig2(t, &http.Server{Handler: text("hello")})
		early := r.dial2()
		one := r.dial() // holds the door open
		synctest.Wait()
		start := time.Now()
		done := r.drainFor(t.Context())
		time.Sleep(adviseMost / 2)
		late := r.dial2()
		client := r.client2()
		r.mustGet2(client, "/", "hello")
		r.mustGet2(client, "/", "hello") // on the same connection
		r.wantDrained(done, adviseMost+goAwayGap+goAwayTimeout)
		for _, tt := range []struct {
			name string
			p    *peer2
			at   time.Duration
		}{{"early", early, 0}, {"late", late, adviseMost}} {
			<-tt.p.ended
			at := start.Add(tt.at)
			if want := []goAway{{anyStream, at}, {0, at.Add(goAwayGap)}}; !slices.Equal(tt.p.goAways, want) {
				t.Errorf("%s peer got %v, want %v", tt.name, tt.p.goAways, want)
			}
		}
		r.wantEOF(one)
		r.end()
	})
}

// What sends the second GOAWAY ends with the drain, if that is quicker: everybody
// has gone, or there is no time.
func TestNoGoAwayAfterTheDrain(t *testing.T) {
	const quick = goAwayGap / 2
	for name, leaves := range map[string]bool{"gone": true, "given up": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig2(t, &http.Server{Handler: text("hello")})
				peer := r.dial2()
				synctest.Wait()
				carrier, start := r.carrier, time.Now()
				want := []goAway{{anyStream, start}}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if leaves {
					time.AfterFunc(quick, func() { peer.Close() })
				} else {
					time.AfterFunc(quick, cancel)
					want = append(want, goAway{0, start.Add(quick)})
				}
				d := <-r.drainFor(ctx)
				if !closed(carrier.served) || carrier.second.Stop() {
					t.Error("the carrier or its timer is there when Drain has returned")
				}
				if (d.err == nil) != leaves || d.took != quick {
					t.Errorf("Drain = %v after %v, want %v", d.err, d.took, quick)
				}
				synctest.Wait()
				if !slices.Equal(peer.goAways, want) {
					t.Errorf("the peer got %v, want %v", peer.goAways, want)
				}
				r.end()
			})
		})
	}
}

// A connection that becomes HTTP/2 when all others have been told is told too.
// net/http's Shutdown waits for it until its context ends: golang.org/issue/81153.
func TestDrainTellsLateHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := newRig2(t, &http.Server{Handler: slowHandler(release)})
		holder := r.dial()
		if err := holder.send("/slow"); err != nil {
			t.Fatal(err)
		}
		conn, err := r.pipes.dial()
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		start := time.Now()
		done := r.drainFor(t.Context())
		time.Sleep(adviseMost / 2)
		io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\n") // not idle for a second at the end of advise
		time.Sleep(adviseMost/2 - time.Nanosecond)
		p := &peer2{Conn: conn, ended: make(chan struct{})}
		go p.listen()
		io.WriteString(conn, "SM\r\n\r\n"+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		<-p.ended
		if len(p.goAways) != 2 {
			t.Errorf("got %v, want two GOAWAYs", p.goAways)
		}
		if took := time.Since(start); took > adviseMost+goAwayGap+goAwayTimeout {
			t.Errorf("closed after %v, want at most %v", took, adviseMost+goAwayGap+goAwayTimeout)
		}
		close(release)
		if body, told, err := holder.receive(); err != nil || body != "slow" || !told {
			t.Errorf("slow = %q, told %v, %v", body, told, err)
		}
		if d := <-done; d.err != nil {
			t.Errorf("Drain = %v, want nil", d.err)
		}
		r.end()
	})
}

// A preface that stays half does not hold the drain.
func TestDrainEndsHalfPreface(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig2(t, &http.Server{Handler: text("hello")})
		c := r.dial()
		io.WriteString(c, "PRI * HTTP/2.0\r\n")
		synctest.Wait()
		done := r.drainFor(t.Context())
		io.ReadAll(c)
		r.wantDrained(done, adviseMost)
		r.end()
	})
}

// An HTTP/2 that the user configured is counted as such, and told by the header
// that it makes a GOAWAY of, when its clients cannot come back any more.
func TestDrainOfUsersHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type answer struct{ early, late string }
		got := make(chan answer, 1)
		conns := make(chan *tls.Conn)
		r := newRig(t, &http.Server{
			Handler: text("hello"),
			TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){
				"h2": func(srv *http.Server, c *tls.Conn, h http.Handler) {
					get := func() string {
						w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
						r.ProtoMajor = 2
						h.ServeHTTP(w, r)
						return w.Header().Get("Connection")
					}
					srv.ConnState(c, http.StateActive)
					conns <- c
					time.Sleep(adviseMost / 2)
					early := get()
					time.Sleep(adviseMost)
					got <- answer{early, get()}
				},
			},
		})
		one := r.dial() // holds the door open
		client, server := net.Pipe()
		defer client.Close()
		c := tls.Server(r.books.wrap(server), &tls.Config{})
		r.books.track(c, http.StateNew)
		go func() {
			r.inner.TLSNextProto["h2"](&r.inner, c, r.inner.Handler)
			c.NetConn().Close()
			r.inner.ConnState(c, http.StateClosed)
		}()
		<-conns
		synctest.Wait()
		if got, want := r.Counts(), (Counts{Idle: 1, HTTP2Busy: 1}); got != want {
			t.Errorf("Counts = %+v, want %+v", got, want)
		}
		r.wantDrained(r.drainFor(t.Context()), 3*adviseMost/2)
		if got, want := <-got, (answer{"", "close"}); got != want {
			t.Errorf("Connection headers %q, want %q", got, want)
		}
		r.wantEOF(one)
		r.end()
	})
}

// Between the two GOAWAYs a stream that was on its way is still served.
func TestDrainServesStreamsOnTheirWay(t *testing.T) {
	for gap, served := range map[time.Duration]bool{goAwayGap / 2: true, 2 * goAwayGap: false} {
		synctest.Test(t, func(t *testing.T) {
			var n atomic.Int32
			r := newRig2(t, &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n.Add(1) })})
			p := r.dial2()
			synctest.Wait()
			done := r.drainFor(t.Context())
			time.Sleep(gap)
			// HEADERS of stream 1, from HPACK's static table: GET http / and an authority.
			io.WriteString(p, "\x00\x00\x07\x01\x05\x00\x00\x00\x01"+"\x82\x86\x84\x01\x02hi")
			<-p.ended
			if d := <-done; d.err != nil {
				t.Errorf("Drain = %v, want nil", d.err)
			}
			if got := n.Load() == 1; got != served {
				t.Errorf("%v after the first GOAWAY: served = %v, want %v", gap, got, served)
			}
			r.end()
		})
	}
}

// A frame of ours never comes into one of theirs, nor before the first.
func TestFramedWritesBetweenFrames(t *testing.T) {
	frame := func(n int) string {
		return "\x00" + string([]byte{byte(n >> 8), byte(n)}) + "\x00\x00\x00\x00\x00\x01" + strings.Repeat("x", n)
	}
	all := frame(0) + frame(3) + frame(300) + frame(0)
	ends := []int{9, 21, 330, 339}
	for at := range len(all) + 1 {
		for _, size := range []int{1, 7, 9, 1000} {
			c := new(sink)
			f := &framed{Conn: c}
			for i := 0; i < len(all); i += size {
				if i >= at {
					f.warn()
				}
				f.Write([]byte(all[i:min(i+size, len(all))]))
			}
			f.warn()
			i := strings.Index(c.String(), h2GoAway)
			if i < 0 || !slices.Contains(ends, i) || strings.Replace(c.String(), h2GoAway, "", 1) != all {
				t.Fatalf("warned at %d, writes of %d: GOAWAY at %d", at, size, i)
			}
		}
	}
}

// After a GOAWAY of net/http's ours would take it back, which is not allowed.
func TestFramedWarnsNobodyWhoWasTold(t *testing.T) {
	c := new(sink)
	f := &framed{Conn: c}
	const told = "\x00\x00\x08\x07\x00\x00\x00\x00\x00" + "\x00\x00\x00\x05" + "\x00\x00\x00\x00"
	f.Write([]byte(told))
	if f.warn(); c.String() != told {
		t.Errorf("written %q, want only %q", c, told)
	}
}

// A connection that is handed over as everything is closed leaves no carrier behind.
func TestNothingIsCarriedAfterForce(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	s := NewServer(&http.Server{})
	s.Force()
	s.carry(newFramed(t.Context(), server))
	if s.carrier != nil {
		t.Error("there is a carrier")
	}
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read = %v, want EOF", err)
	}
}

// A sink is a connection that only takes.
type sink struct {
	net.Conn
	strings.Builder
}

func (s *sink) Write(p []byte) (int, error) { return s.Builder.Write(p) }
