// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// h03 is about the time between the last answer and the return of Shutdown.
func h03() claim.Claim {
	return claim.Claim{
		ID:   "H03",
		Told: "Shutdown returns as soon as the last request has ended.",
		Trial: func(x *claim.Trial) {
			for _, d := range []time.Duration{2 * time.Millisecond, 20 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second} {
				x.Told(wasted(x, d) == 0, "the last request ends %v after the call: Shutdown returns at that moment", d)
			}
			pollingBounds(x)
			x.Fact(wasted(x, 0) == 0, "If all connections are idle it returns at its first look, without any wait.")
			silent := silentConnection(x)
			x.Fact(silent >= 5*time.Second && silent < 7*time.Second, "A connection on which nothing was sent yet, such as browsers open in advance, is waited for until it is more than 5 s old in whole seconds and the next look comes: for 5 to 7 s if it is new (net/http/server.go, closeIdleConns; issue 22682).")
			pollingForReal(x)
		},
		So:      "Add half a second to the time in which you expect Shutdown to be done, and 7 s if clients open connections before they need them; do not take its return for the end of the last request.",
		Covered: []string{"quiesce.HTTP"},
	}
}

// pollingBounds tries lengths from 1 ms to 4 s on a virtual clock, where
// everything but the waits of Shutdown takes no time.
func pollingBounds(x *claim.Trial) {
	var longest time.Duration
	relative, bounded := true, true
	for d := time.Millisecond; d < 4*time.Second; d += d / 10 {
		w := wasted(x, d)
		longest = max(longest, w)
		// The look after t follows waits of 1, 2, 4, … ms, and the next wait
		// is t + 1 ms; each may be a tenth longer.
		relative = relative && w <= (d+time.Millisecond)*11/10
		bounded = bounded && w <= 550*time.Millisecond
	}
	x.Fact(relative, "Shutdown polls: it looks at once, after 1 ms, and then after waits that double, each up to a tenth longer by chance. So it returns late by at most 1.1 times what the last request took after the call, and about 1 ms (net/http/server.go, Shutdown).")
	x.Measured(bounded && longest > 300*time.Millisecond, "The waits stop growing at 500 ms: after a long request it returns up to 550 ms late.", "longest %d ms", longest.Milliseconds())
}

// wasted returns how long after the last request Shutdown returns, on a virtual
// clock, if that request ends d after the call; with d 0, before it.
func wasted(x *claim.Trial, d time.Duration) (after time.Duration) {
	synctest.Test(x.TB.(*testing.T), func(t *testing.T) {
		l, srv := newPipes(), &http.Server{}
		srv.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(d) })
		go srv.Serve(l)
		c := l.dial()
		go io.Copy(io.Discard, c)
		if _, err := io.WriteString(c, request); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		began := time.Now()
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		after = time.Since(began) - d
	})
	return after
}

// silentConnection returns how long Shutdown takes if a client has connected
// and sent nothing.
func silentConnection(x *claim.Trial) (took time.Duration) {
	synctest.Test(x.TB.(*testing.T), func(t *testing.T) {
		l, srv := newPipes(), &http.Server{}
		go srv.Serve(l)
		c := l.dial()
		defer c.Close()
		synctest.Wait()
		began := time.Now()
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		took = time.Since(began)
	})
	return took
}

// pollingForReal does it with TCP and a clock on the wall. A request that ends
// 20 ms after the call is halfway between two looks, but on a busy machine
// everybody is late: that not one of so many runs has to wait is impossible, and
// no more is asserted.
func pollingForReal(x *claim.Trial) {
	const runs, length = 11, 20 * time.Millisecond
	var late []time.Duration
	for range runs {
		h := newHeld(x)
		s := newSite(x, h)
		c, _ := inFlight(x, s, h)
		done := s.shutdown(x.Context())
		time.Sleep(length) // the request takes this long
		ends := time.Now()
		h.open()
		if err := <-done; err != nil {
			x.Fatal(err)
		}
		late = append(late, time.Since(ends))
		c.answer()
	}
	slices.Sort(late)
	x.Measured(late[runs-1] > 2*time.Millisecond, "It is no different with TCP and a real clock: after a request that ends 20 ms after the call it returns milliseconds late.",
		"median %.1f ms, longest %.1f ms of %d runs", milliseconds(late[runs/2]), milliseconds(late[runs-1]), runs)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// pipes is a listener in memory, for virtual time.
type pipes struct {
	queue  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.queue <- theirs
	return ours
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.queue:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }
