// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"errors"
	"os"

	"github.com/go-quiesce/quiesce/sigmux"
)

// signalSource is where signals come from; nil is nowhere.
type signalSource = sigmux.Source

// signals are an app's signals while it listens to them. Nil listens to none.
type signals struct{ mux *sigmux.Mux }

// listen takes the app's signals from src. What they mean: the terminating ones
// stop, hurry and force, as the policy says; SIGHUP is a graceful stop, as
// nothing can reload; SIGUSR1 writes state and stacks. SIGQUIT is never taken.
func (a *App) listen(src signalSource) *signals {
	if src == nil {
		return nil
	}
	a.reportTraps(src)
	mux := sigmux.New(src)
	err := mux.Escalate(a.cfg.policy.value, a.onTerminate)
	for sig, f := range extraSignals(a) {
		_, e := mux.Handle(sig, "quiesce", f, sigmux.Inline())
		err = errors.Join(err, e)
	}
	err = errors.Join(err, mux.Listen())
	if err != nil {
		a.requestStop(newCause(CauseStartFailed, err))
	}
	return &signals{mux}
}

// giveBack restores what the signals did before.
func (s *signals) giveBack() {
	if s != nil {
		s.mux.Close()
	}
}

// reportTraps tells of what this process inherited that bends its signals.
func (a *App) reportTraps(src signalSource) {
	traps := sigmux.Inherited(src)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range traps {
		a.emitLocked(TrapInherited{Trap: t.String()})
	}
}

// onTerminate does what a terminating signal means. It is called on the
// goroutine that has just received the signal, and does not block.
func (a *App) onTerminate(d sigmux.Delivery, step sigmux.Step) {
	switch step {
	case sigmux.Graceful:
		a.requestStop(signalCause(d))
	case sigmux.Hurried:
		if !a.hurry(signalCause(d)) {
			a.recordSignal(d)
		}
	case sigmux.Forced:
		a.force(&sigmux.SignalError{Signal: d.Signal, Sender: d.Sender})
	default:
		a.recordSignal(d)
	}
}

// onHangup asks for a graceful stop; during one it is only recorded.
func (a *App) onHangup(d sigmux.Delivery) {
	if a.State() >= StateDraining {
		a.recordSignal(d)
		return
	}
	a.requestStop(signalCause(d))
}

// recordSignal notes a signal that changes nothing.
func (a *App) recordSignal(d sigmux.Delivery) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.recorded += max(1, d.Count)
	a.emitLocked(SignalRecorded{Signal: sigmux.Name(d.Signal), Count: d.Count, Sender: d.Sender})
}

// onInquiry writes state and stacks, on a goroutine of its own.
func (a *App) onInquiry(sigmux.Delivery) {
	if a.inquiries.Add(1) == 1 {
		go a.answerInquiries(os.Stderr)
	}
}

// force ends the app at once. Under Main the process exits from this very
// goroutine, which is the signal's; nothing it does can wait for a lock.
func (a *App) force(by *sigmux.SignalError) {
	how := &ending{at: a.now(), forced: by}
	a.cutShort(how)
	if exit := a.exit; exit != nil {
		a.within(lastWords, "report", func() { a.publishOnce.Do(func() { a.publish(a.Report()) }) })
		a.leave(how, exit)
	}
}
