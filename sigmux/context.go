// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"context"
	"os"
	"slices"
	"sync"
	"syscall"
)

// NotifyContext returns a context that ends with the first of sigs, by default
// SIGINT and SIGTERM. It replaces [signal.NotifyContext] and differs in what
// follows:
//
//   - The cause, from [context.Cause], is a *[SignalError].
//   - The signals are given back before the context ends, so that a second
//     Ctrl-C has its default action: it kills. (Only one that arrives in the
//     microseconds between counts as the same.)
//   - A SIGINT or SIGHUP that whoever started us ignores is not taken, see
//     [Inherited].
//   - When the parent ends first, the cause is the parent's, and the signals
//     are given back too.
//
// stop gives the signals back and ends the context; when it has returned, both
// are done and nothing is left running. A signal that had arrived by then is
// the cause, otherwise it is [context.Canceled]. Call stop as soon as the work
// is done, and as often as you like. See [ExitCode] for how to exit.
//
// Beside a [Mux] or a signal.Notify for the same signals both are told, and
// giving back leaves the signals with the other.
func NotifyContext(parent context.Context, sigs ...os.Signal) (ctx context.Context, stop context.CancelFunc) {
	return NotifyContextFrom(parent, OS(), sigs...)
}

// NotifyContextFrom is [NotifyContext] with signals from src. If that is an
// [Attributor], the cause says who sent the signal.
func NotifyContextFrom(parent context.Context, src Source, sigs ...os.Signal) (ctx context.Context, stop context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	if len(sigs) == 0 {
		sigs = []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	sigs = slices.DeleteFunc(slices.Clone(sigs), func(sig os.Signal) bool { return leftAlone(src, sig) })
	if ctx.Err() != nil || len(sigs) == 0 {
		return ctx, func() { cancel(nil) }
	}
	w := &watch{src: src, cancel: cancel, c: make(chan os.Signal, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	w.who = notify(src, w.c, sigs...)
	go w.run(ctx)
	return ctx, sync.OnceFunc(func() {
		close(w.stop)
		<-w.ended
	})
}

// A watch is the goroutine behind one context.
type watch struct {
	src    Source
	cancel context.CancelCauseFunc
	c      chan os.Signal // capacity 1: only the first counts
	who    func(os.Signal) Sender
	stop   chan struct{}
	ended  chan struct{}
}

// run gives the signals back first and ends the context then: whoever sees the
// context ended may rely on the default action.
func (w *watch) run(ctx context.Context) {
	defer close(w.ended)
	select {
	case sig := <-w.c:
		w.src.Stop(w.c)
		w.cancel(&SignalError{Signal: sig, Sender: w.who(sig)})
	case <-ctx.Done():
		w.src.Stop(w.c)
	case <-w.stop:
		w.src.Stop(w.c)
		w.cancel(w.queued())
	}
}

// queued returns the cause that had arrived when the signals were given back.
func (w *watch) queued() error {
	select {
	case sig := <-w.c:
		return &SignalError{Signal: sig, Sender: w.who(sig)}
	default:
		return nil
	}
}
