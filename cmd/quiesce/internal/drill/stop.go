// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
)

// stop sends the signals, each at its time, and waits until the server is gone. One
// that is not gone by the end of the grace period is killed.
func (r *round) stop(ctx context.Context) error {
	from := r.from
	for _, at := range r.rec.Schedule.Signals {
		if over, err := r.until(ctx, from.Add(at.After)); over || err != nil {
			return err
		}
		sent, ok := r.signal(at)
		if !ok {
			break
		}
		from = sent
	}
	_, err := r.until(ctx, r.line.began.Add(max(r.rec.Signalled, r.since(from))+r.Setup.Grace))
	return err
}

// signal sends one. It reports whether there was anybody to send it to.
func (r *round) signal(at record.SignalAt) (time.Time, bool) {
	number, err := target.ParseSignal(at.Signal)
	if err != nil { // it was checked
		panic(err)
	}
	send, asks := r.inst.Signal, r.rec.Signalled < 0 && at.Signal == r.stopSignal()
	if asks && r.Setup.Mode == record.Upgrade {
		send = r.inst.Upgrade
	}
	sent, err := send(number, at.Group)
	if err != nil {
		r.line.mark(record.MarkSignal, fmt.Sprintf("%s: not sent: %v", at.Signal, err))
		return sent, false
	}
	r.line.markAt(record.MarkSignal, r.since(sent), at.Signal)
	if asks {
		r.rec.Signalled = r.since(sent)
		close(r.signalled)
	}
	r.play.Signalled()
	return sent, true
}

// until waits for a time, and reports whether the server was gone, or had replaced itself,
// before.
func (r *round) until(ctx context.Context, t time.Time) (bool, error) {
	limit := time.Until(t)
	if r.rec.Signalled >= 0 { // no schedule is longer than the grace period
		limit = min(limit, r.rec.Signalled+r.Setup.Grace-r.line.now())
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-r.inst.Exited():
		return true, nil
	case <-r.replaced:
		return true, nil
	case <-timer.C:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// end looks at what the stop has left, and fills the record.
func (r *round) end(ctx context.Context) error {
	gone := r.gone()
	if r.over() && len(r.clients.sessions) > 0 {
		if err := pause(ctx, linger); err != nil {
			return err
		}
	}
	r.stopProbes()
	r.probes.Wait()
	r.clients.finish(ctx, r.patient())
	r.fates(ctx)
	if r.rec.Exited >= 0 && (r.next == nil || r.Setup.Mode == record.Rolling) {
		r.rec.Left = r.inst.Leftovers(ctx, settle)
	}
	r.inst.Close()
	r.summarize(gone)
	r.join()
	if r.lastAnswer > 0 {
		r.line.markAt(record.MarkLast, r.lastAnswer, "")
	}
	r.pendWrites()
	r.line.fill(&r.rec)
	r.account()
	return context.Cause(ctx)
}

// gone notes how the server has ended; if it has not, it is killed, if it is ours. It
// returns when that was.
func (r *round) gone() time.Duration {
	select {
	case <-r.inst.Exited():
		exit, at := r.inst.Exit()
		r.rec.Exit, r.rec.Exited = exit, r.since(at)
		r.line.markAt(record.MarkExited, r.rec.Exited, exitText(exit))
		return r.rec.Exited
	default:
	}
	if at, ok := r.line.at(record.MarkReplaced); ok {
		return at // it stays
	}
	at := r.line.now()
	if !r.ours() {
		return at // it is not ours to kill
	}
	r.line.markAt(record.MarkKilled, at, "")
	r.kill()
	r.rec.Exit.Killed = true
	return at
}

// kill kills the server. What it has replaced itself with is left alone if it serves: what
// that has in hand is not lost.
func (r *round) kill() {
	if r.Setup.Mode == record.Upgrade {
		if _, serves := r.line.at(record.MarkSuccessor); serves {
			if err := r.inst.KillReplaced(); err != nil {
				r.note("round %d: %v", r.rec.Number, err)
			}
			if r.next.PID() != r.inst.PID() {
				r.rec.Exit, _ = r.inst.Exit()
			}
			return
		}
		r.next.shut() // it is of the same tree, which goes with it
		r.next = nil
	}
	r.inst.Close()
	r.rec.Exit, _ = r.inst.Exit()
}

// patient returns how long the clients may take to finish.
func (r *round) patient() time.Duration {
	if r.next == nil {
		return lastWords
	}
	for _, l := range r.Loads {
		if l.Long {
			return streamWords
		}
	}
	return lastWords
}

func (r *round) fates(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, playPatience)
	defer cancel()
	r.rec.Fates = r.play.End(ctx)
}

// join puts in what the server says of itself.
func (r *round) join() {
	var err error
	if r.rec.Inside, err = readInside(r.inst.report, r.line.began); err != nil {
		r.note("round %d: the server's report: %v", r.rec.Number, err)
	}
	if r.Setup.Mode == record.Restart { // otherwise it is one of two rounds
		if r.rec.Server, err = readCount(r.inst.count); err != nil {
			r.note("round %d: the server's count: %v", r.rec.Number, err)
		}
	}
	if r.isBad() {
		r.rec.Output = r.inst.output.String()
	}
}

// isBad reports whether somebody will want to know what the server has printed.
func (r *round) isBad() bool {
	for _, f := range r.rec.Fates {
		if !f.Good {
			return true
		}
	}
	for _, l := range r.rec.Loads {
		if l.Lost > 0 {
			return true
		}
	}
	return len(r.rec.Left) > 0 || !r.allowed(r.rec.Exit)
}

func (r *round) allowed(e record.Exit) bool {
	for _, code := range r.Setup.Codes {
		if e.Code == code {
			return true
		}
	}
	return false
}

// account says how long the round took, and how much of it was the drill's own: not
// the server's start, not its load, not its stop.
func (r *round) account() {
	r.rec.Took = r.line.now()
	own := r.rec.Took
	from, _ := r.line.at(record.MarkStarted)
	ready, was := r.line.at(record.MarkReady)
	if loaded, ok := r.line.at(record.MarkLoad); ok && was {
		own -= ready - from
		from = loaded
	}
	r.rec.Overhead = max(0, own-(r.goneAt()-from))
}

// goneAt returns when the server was gone.
func (r *round) goneAt() time.Duration {
	if r.rec.Exited >= 0 {
		return r.rec.Exited
	}
	for _, what := range []record.MarkKind{record.MarkReplaced, record.MarkKilled} {
		if at, ok := r.line.at(what); ok {
			return at
		}
	}
	return r.rec.Took
}
