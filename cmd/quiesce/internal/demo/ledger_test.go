// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
)

func TestLedgerCounts(t *testing.T) {
	l := newLedger()
	if _, _, ok := l.known(rand.New(rand.NewPCG(1, 1))); ok {
		t.Error("an order is known before there is one")
	}
	for _, q := range []struct {
		a     answer
		right bool
	}{
		{answer{outcome: Answered, leave: true}, true},
		{answer{outcome: Answered, status: 500}, false},
		{answer{outcome: Refused, err: errNoEnd}, false},
		{answer{outcome: Lost, err: errNoEnd}, false},
	} {
		l.begin("", "")
		l.end(q.a, q.right)
	}
	l.refuse()
	l.idleEnded()
	for _, outcome := range []Outcome{Answered, Refused, Lost} {
		l.streamOpened()
		l.streamEnded(streamEnd{outcome: outcome, err: errNoEnd}, true)
	}
	want := Counts{Answered: 1, Refused: 3, Lost: 1, Wrong: 1, Ended: 1, Cut: 1, Told: 1, IdleEnded: 1}
	if got := l.settled(); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
	if got := l.now().counts.minus(want); got != (Counts{}) {
		t.Errorf("difference %+v, want none", got)
	}
	if len(l.troubles) != 3 {
		t.Errorf("troubles %q, want 3", l.troubles)
	}
}

func TestLedgerAwaitStreams(t *testing.T) {
	l := newLedger()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go l.streamOpened()
	if l.awaitStreams(ctx, 1); ctx.Err() != nil {
		t.Fatal("a stream was opened, and not seen")
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.awaitStreams(ctx, 2)
	}()
	cancel()
	<-ended
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("waited until %v", ctx.Err())
	}
}
