// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// h02 is about what Shutdown does not know of.
func h02() claim.Claim {
	return claim.Claim{
		ID:   "H02",
		Told: "Shutdown waits for hijacked connections (websockets) and for the functions given to RegisterOnShutdown.",
		Trial: func(x *claim.Trial) {
			hijackedInShutdown(x)
			hookInShutdown(x)
			countHooks(x)
		},
		So:      "Count hijacked connections yourself, tell them to end, and wait for them with a limit of your own. A RegisterOnShutdown function may only start something; whatever must be over before the process ends needs a wait that is not Shutdown's.",
		Covered: []string{"quiesce.Component", "quiesce.HTTP"},
		Vet:     "a RegisterOnShutdown function that does more than to start or to close something",
	}
}

func hijackedInShutdown(x *claim.Trial) {
	taken := make(chan net.Conn, 1)
	s := newSite(x, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			x.Cleanup(func() { c.Close() })
		}
		taken <- c
	}))
	c := s.dial(x)
	c.send(request)
	theirs := <-taken
	err := s.Shutdown(x.Context())
	closeErr := s.Close()
	_, writeErr := io.WriteString(theirs, "!")
	b, readErr := c.in.ReadByte()
	alive := writeErr == nil && readErr == nil && b == '!'
	x.Told(err != nil || !alive, "a hijacked connection: it has ended when Shutdown returns nil")
	x.Fact(err == nil && closeErr == nil && alive, "A hijacked connection is the handler's alone: Shutdown returns nil at once, and after it, and after Close, the connection still carries data.")
}

func hookInShutdown(x *claim.Trial) {
	s := newSite(x, http.HandlerFunc(ok))
	hook := newGate(x)
	begun := make(chan bool, 1)
	var over atomic.Bool
	s.RegisterOnShutdown(func() {
		begun <- true
		<-hook.opened
		over.Store(true)
	})
	err := s.Shutdown(x.Context())
	waited := over.Load()
	<-begun
	x.Told(waited, "a RegisterOnShutdown function: it has returned when Shutdown returns nil")
	x.Fact(err == nil && !waited, "Each RegisterOnShutdown function gets a goroutine, and Shutdown returns nil while it runs, or even before it has begun.")
}

// countHooks uses a bubble for its synctest.Wait: after it, whatever was
// started has run.
func countHooks(x *claim.Trial) {
	var closed, once, twice, late int32
	synctest.Test(x.TB.(*testing.T), func(t *testing.T) {
		var calls, lateCalls atomic.Int32
		calledAfter := func(f func() error) int32 {
			if err := f(); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			return calls.Load()
		}
		srv := &http.Server{}
		shutdown := func() error { return srv.Shutdown(t.Context()) }
		srv.RegisterOnShutdown(func() { calls.Add(1) })
		closed = calledAfter(srv.Close)
		once = calledAfter(shutdown)
		srv.RegisterOnShutdown(func() { lateCalls.Add(1) })
		synctest.Wait()
		late = lateCalls.Load()
		twice = calledAfter(shutdown)
	})
	x.Fact(closed == 0 && once == 1 && twice == 2, "Close does not call these functions; each call of Shutdown calls them again.")
	x.Fact(late == 0, "A function that is registered after Shutdown is not called by it any more.")
}
