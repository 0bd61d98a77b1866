// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAdvisorGivesTurnsWithinHalfOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const time4 = 40 * time.Second
		why := errors.New("node is going down")
		a := NewAdvisor(WithPace(time.Hour, 1), WithCause(func(context.Context) error { return why }))
		defer a.End()
		h := From(a.Context(t.Context()))
		first, second := h.Long("first"), h.Long("second")
		defer first.End()
		defer second.End()
		ctx, cancel := context.WithTimeout(t.Context(), time4)
		defer cancel()
		start := time.Now()
		a.Advise(ctx)
		a.Advise(context.Background()) // does nothing
		<-h.Done()
		if err := h.Cause(); !errors.Is(err, ErrDraining) || !errors.Is(err, why) {
			t.Errorf("Cause() = %v, want one that wraps ErrDraining and %v", err, why)
		}
		if d, ok := h.Deadline(); !ok || d.Sub(start) != time4-time4/10 {
			t.Errorf("Deadline() = %v after Advise, %v", d.Sub(start), ok)
		}
		select { // one at once, which does not end: the other comes with the half
		case <-first.Turn():
		case <-second.Turn():
		}
		if took := time.Since(start); took > time4/2 {
			t.Errorf("the first turn came after %v", took)
		}
		<-first.Turn()
		<-second.Turn()
		if took := time.Since(start); took != time4/2 {
			t.Errorf("all turns had come after %v, want %v", took, time4/2)
		}
	})
}

func TestAdvisorEndGivesEveryTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAdvisor(WithPace(time.Hour, 0))
		l := a.Handle().Long("stream")
		defer l.End()
		start := time.Now()
		a.Advise(t.Context())
		a.End()
		a.End()
		<-l.Turn()
		late := a.Handle().Long("late")
		defer late.End()
		<-late.Turn()
		if took := time.Since(start); took != 0 {
			t.Errorf("turns came after %v, want at once", took)
		}
	})
}
