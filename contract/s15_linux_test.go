// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s15 is about what NotifyContext does with a second signal, and says of the
// first.
func s15() claim.Claim {
	return claim.Claim{
		ID:       "S15",
		Told:     "signal.NotifyContext swallows the second signal; its cause names the signal.",
		Programs: map[string]func(){"swallow": notifyContextTwice, "give back": giveBackAtOnce, "no signal": stopWithoutSignal},
		Trial: func(x *claim.Trial) {
			r := x.Run("swallow")
			a := answers(x, r)
			x.Told(a["alive after SIGINT"] == "true", "a second SIGINT before stop: the program goes on")
			x.Told(a["alive after SIGTERM"] == "true", "a SIGTERM after the SIGINT, before stop: the program goes on")
			x.Told(strings.Contains(a["cause"], "interrupt"), "context.Cause names the signal")
			x.Fact(a["alive after SIGINT"] == "true" && a["alive after SIGTERM"] == "true" && r.Signal == syscall.SIGINT,
				"All further signals do nothing until stop is called, however often Ctrl-C is pressed; after stop the next one kills.")
			x.Fact(a["cause"] == "interrupt signal received" && a["err"] == "context canceled" && a["is Canceled"] == "true",
				"context.Cause says `interrupt signal received` for SIGINT (since Go 1.26), and is context.Canceled for errors.Is; ctx.Err() says `context canceled`, as for any other reason.")
			x.Fact(a["has the signal"] == "false", "The cause is only a text: its type is not exported, and the signal cannot be got out of it.")

			b := x.Run("give back")
			x.Fact(answers(x, b)["cause"] == "interrupt signal received" && b.Signal == syscall.SIGINT,
				"With context.AfterFunc(ctx, stop) the second SIGINT kills.")
			x.Fact(answers(x, x.Run("no signal"))["cause"] == "context canceled", "If stop comes before any signal the cause is context.Canceled.")
		},
		So:      "Somebody who presses Ctrl-C twice wants out. Call stop when the context has ended, not when main returns. To exit with 128+n or to die of the signal you have to know which it was: use Notify and a channel, or a cause that carries it.",
		Covered: []string{"sigmux.NotifyContext", "sigmux.SignalError", "sigmux.ExitCode"},
		Vet:     "signal.NotifyContext whose stop is called only at the end of main, by defer",
	}
}

// notifyContextTwice gets more signals than the context needs.
func notifyContextTwice() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	deliver(syscall.SIGINT)
	<-ctx.Done()
	cause := context.Cause(ctx)
	answer("cause", cause)
	answer("err", ctx.Err())
	answer("is Canceled", errors.Is(cause, context.Canceled))
	answer("has the signal", carriesSignal(cause))
	deliver(syscall.SIGINT, syscall.SIGINT, syscall.SIGINT)
	answer("alive after SIGINT", true)
	deliver(syscall.SIGTERM)
	answer("alive after SIGTERM", true)
	stop()
	deliver(syscall.SIGINT)
}

// carriesSignal reports whether a signal can be got out of an error: by
// errors.As, or because it is more than a text.
func carriesSignal(err error) bool {
	var sig os.Signal
	return errors.As(err, &sig) || reflect.TypeOf(err).Kind() != reflect.String
}

// giveBackAtOnce calls stop when the context has ended.
func giveBackAtOnce() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	given := make(chan struct{})
	context.AfterFunc(ctx, func() { stop(); close(given) })
	deliver(syscall.SIGINT)
	<-given
	answer("cause", context.Cause(ctx))
	deliver(syscall.SIGINT)
}

// stopWithoutSignal ends the context itself.
func stopWithoutSignal() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	stop()
	answer("cause", context.Cause(ctx))
}
