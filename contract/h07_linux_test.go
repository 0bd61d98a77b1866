// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"sync"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// h07 is about calling Shutdown more than once.
func h07() claim.Claim {
	return claim.Claim{
		ID:   "H07",
		Told: "Shutdown must be called once: calls from several goroutines fail.",
		Trial: func(x *claim.Trial) {
			shutdownTogether(x)
			closeDuringShutdown(x)
		},
		So:      "Several callers are fine, but nil from Shutdown proves that all handlers have returned only if nobody calls Close. Count them yourself before you release what they use.",
		Covered: []string{"quiesce.HTTP"},
	}
}

func shutdownTogether(x *claim.Trial) {
	const calls = 8
	h := newHeld(x)
	s := newSite(x, h)
	c, _ := inFlight(x, s, h)
	errs := make([]error, calls)
	var all sync.WaitGroup
	first := s.shutdown(x.Context())
	for i := range calls {
		all.Go(func() { errs[i] = s.Shutdown(x.Context()) })
	}
	inPatient := s.Shutdown(ended())
	running := h.running.Load()
	h.open()
	c.answer()
	all.Wait()
	failed := 0
	for _, err := range append(errs, <-first, s.Shutdown(x.Context())) {
		if err != nil {
			failed++
		}
	}
	x.Told(failed > 0, "one of several calls at a time, or a later one, returns an error")
	x.Fact(failed == 0 && h.running.Load() == 0, "Each call waits for the requests in flight and returns nil, and so does one after the end.")
	x.Fact(inPatient == context.Canceled && running == 1, "Each obeys its own context: one that has ended makes only its own call return.")
}

func closeDuringShutdown(x *claim.Trial) {
	h := newHeld(x)
	s := newSite(x, h)
	c, _ := inFlight(x, s, h)
	done := s.shutdown(x.Context())
	closeErr := s.Close()
	err := <-done
	running := h.running.Load()
	x.Fact(err == nil && closeErr == nil && running == 1 && c.closed(), "A Close while Shutdown waits takes the connections away from it: Shutdown returns nil although a handler is still running.")
}
