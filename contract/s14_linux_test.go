// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"errors"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s14 is about NotifyContext and its parent.
func s14() claim.Claim {
	return claim.Claim{
		ID:   "S14",
		Told: "signal.NotifyContext loses the signal when the parent was cancelled first.",
		Programs: map[string]func(){
			"before": parentEndsBefore, "between": parentEndsBetween, "after": parentEndsAfter, "race": parentEndsInARace,
		},
		Trial: func(x *claim.Trial) {
			given := map[string]bool{}
			for _, when := range []string{"before", "between"} {
				r := x.Run(when)
				a := answers(x, r)
				x.Told(a["cause"] == "parent" && a["alive"] == "true", "%s", map[string]string{
					"before":  "the parent ended before NotifyContext: SIGTERM is neither told nor does it kill",
					"between": "the parent ended later, before SIGTERM came: it is neither told nor does it kill",
				}[when])
				given[when] = a["cause"] == "parent" && a["alive"] == "true" && r.Signal == syscall.SIGTERM
			}
			after := answers(x, x.Run("after"))["cause"]
			race := answers(x, runAlone(x, "race"))
			lost, _ := strconv.Atoi(race["lost"])
			x.Told(after != "terminated signal received", "the parent ended after the context was ended by SIGTERM: the cause no longer tells of it")
			x.Told(lost > 0, "the parent ended just after SIGTERM had come: it is not told")
			x.Fact(given["before"] && given["between"],
				"When the parent has ended NotifyContext no longer reads its channel, but the channel stays registered: until stop is called SIGTERM does nothing at all, and the cause is the parent's. After stop it kills again.")
			x.Fact(after == "terminated signal received", "The first cause stays: what happens to the parent after the signal changes nothing.")
			x.Measured(lost > 0, "A signal that has arrived, and that the goroutine of NotifyContext has not received yet, loses against a parent that ends at that moment. Nothing tells of it.",
				"lost in %d of %s tries", lost, race["tries"])
		},
		So:      "Call stop as soon as the context has ended, for whatever reason (context.AfterFunc(ctx, stop) does it), so that the next signal kills instead of vanishing.",
		Covered: []string{"sigmux.NotifyContext"},
		Vet:     "signal.NotifyContext whose stop is called only at the end of main, by defer",
	}
}

var errParent = errors.New("parent")

// parentEndsBefore cancels the parent first of all.
func parentEndsBefore() {
	parent, cancel := context.WithCancelCause(context.Background())
	cancel(errParent)
	ctx, stop := signal.NotifyContext(parent, syscall.SIGTERM)
	deliver(syscall.SIGTERM)
	answerCauseAndDie(ctx, stop)
}

// parentEndsBetween cancels the parent before the signal comes.
func parentEndsBetween() {
	parent, cancel := context.WithCancelCause(context.Background())
	ctx, stop := signal.NotifyContext(parent, syscall.SIGTERM)
	cancel(errParent)
	deliver(syscall.SIGTERM)
	answerCauseAndDie(ctx, stop)
}

// answerCauseAndDie says why ctx has ended, gives the signals back, and gets one
// more.
func answerCauseAndDie(ctx context.Context, stop func()) {
	<-ctx.Done()
	answer("cause", context.Cause(ctx))
	answer("alive", true)
	stop()
	deliver(syscall.SIGTERM)
	answer("alive after stop", true)
}

// parentEndsAfter cancels the parent when the signal has done its work.
func parentEndsAfter() {
	parent, cancel := context.WithCancelCause(context.Background())
	ctx, stop := signal.NotifyContext(parent, syscall.SIGTERM)
	defer stop()
	deliver(syscall.SIGTERM)
	<-ctx.Done()
	cancel(errParent)
	answer("cause", context.Cause(ctx))
}

// parentEndsInARace cancels the parent when Go's handler has taken the signal
// and no other goroutine has run.
func parentEndsInARace() {
	runtime.LockOSThread()
	const tries = 20
	lost := 0
	for range tries {
		parent, cancel := context.WithCancelCause(context.Background())
		ctx, stop := signal.NotifyContext(parent, syscall.SIGTERM)
		served()
		raiseTogether(syscall.SIGTERM)
		cancel(errParent)
		if context.Cause(ctx) == errParent {
			lost++
		}
		stop()
	}
	answer("tries", tries)
	answer("lost", lost)
}
