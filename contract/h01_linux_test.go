// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// h01 is about the end of the time that Shutdown is given.
func h01() claim.Claim {
	return claim.Claim{
		ID:   "H01",
		Told: "http.Server.Shutdown interrupts the requests in flight when its context ends.",
		Trial: func(x *claim.Trial) {
			shutdownCutShort(x)
			shutdownWithoutTime(x)
			closeInFlight(x)
		},
		So:      "Shutdown alone bounds nothing but its own return. When its context has ended, call Close, which is what cuts requests, and let handlers look at their request's context; then wait for them before you release what they use.",
		Covered: []string{"quiesce.HTTP"},
		Vet:     "a Shutdown with a context that can end, and no Close when it returns an error",
	}
}

func shutdownCutShort(x *claim.Trial) {
	h := newHeld(x)
	s := newSite(x, h)
	c, r := inFlight(x, s, h)
	ctx, cancel := context.WithCancelCause(x.Context())
	done := s.shutdown(ctx)
	cancel(errors.New("enough"))
	err := <-done
	x.Told(r.Context().Err() != nil, "the context of the request has ended")
	h.open()
	answered, _ := c.answer()
	x.Told(!answered, "the client gets no answer")
	x.Fact(err == context.Canceled, "Shutdown returns the error of its context, `ctx.Err()`, not the cause of it.")
	x.Fact(answered, "The request goes on as if nothing had happened: its context is alive, and if the process lives long enough the client gets the whole answer.")
}

func shutdownWithoutTime(x *claim.Trial) {
	s := newSite(x, http.HandlerFunc(ok))
	c := s.idle(x)
	err := s.Shutdown(ended())
	x.Fact(err == nil && c.closed(), "With a context that had ended before the call, Shutdown still closes the listeners and the idle connections, and returns nil if there are no others.")
}

func closeInFlight(x *claim.Trial) {
	h := newHeld(x)
	s := newSite(x, h)
	c, r := inFlight(x, s, h)
	err := s.Close()
	running := h.running.Load() == 1
	x.Fact(err == nil && running, "Close does not wait for the handlers.")
	<-r.Context().Done()
	x.Fact(c.closed(), "Close cuts the connections, and the context of a request on one ends; the handler runs until it looks at that.")
}
