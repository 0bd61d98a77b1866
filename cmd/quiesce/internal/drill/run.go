// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/writes"
)

// maxProblems is how many rounds in a row may fail to be made.
const maxProblems = 3

// Run makes the drill, and returns what it has seen, judged.
//
// The end of ctx ends the drill at once; the rounds until then are in the run, which
// says why there are no more. Whatever happens, nothing that was started is left.
//
// An error says that there is no verdict: it matches [ErrTarget] if the server could
// not be run, and comes with what there is of the run, which is nil if the
// configuration is wrong.
func Run(ctx context.Context, c Config) (*record.Run, error) {
	c.SetDefaults()
	if err := c.Check(); err != nil {
		return nil, err
	}
	d, err := newDrill(c)
	if err != nil {
		return nil, err
	}
	defer target.Release()
	defer os.RemoveAll(d.dir)
	err = d.rounds(ctx)
	d.readLast(ctx)
	d.run.Took = time.Since(d.began)
	if err == nil && c.Shrink && ctx.Err() == nil {
		d.shrink(ctx)
	}
	judge.Judge(d.run)
	return d.run, err
}

// A drill is one that is being made.
type drill struct {
	Config
	run      *record.Run
	began    time.Time
	dir      string // of the drill's own files
	ports    []int  // for {port}; the second is for rolling
	ask      *asker
	starts   int             // instances so far
	readyIn  []time.Duration // how long instances took to be ready
	current  *instance       // that serves, between the rounds of a rolling drill
	pending  []pending       // writes that were not read back yet
	unable   []record.Situation
	problems int            // rounds since the last that could be made
	unit     *target.Target // the last one, if the server is a unit of systemd
}

// pending are the writes of a round, by its index.
type pending struct {
	round  int
	ledger *writes.Ledger
}

func newDrill(c Config) (*drill, error) {
	d := &drill{Config: c, began: time.Now(), ask: newAsker()}
	d.run = &record.Run{
		Schema: record.Schema, Tool: c.Tool, Began: d.began, Setup: c.Setup, Rounds: []record.Round{}, Checks: []record.Check{},
	}
	d.run.Setup.Ready, d.run.Setup.Live = redact(c.Setup.Ready), redact(c.Setup.Live)
	for range 2 {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		d.ports = append(d.ports, port)
	}
	for _, s := range c.Situations {
		if why := c.cannot(s); why != "" {
			d.skip(record.Skip{What: string(s), Why: why})
		}
	}
	var err error
	d.dir, err = os.MkdirTemp("", "quiesce-drill-")
	return d, err
}

// rounds makes them, until there are enough or the time is over.
func (d *drill) rounds(ctx context.Context) error {
	defer d.restore()
	defer func() { d.current.shut() }()
	d.prepare()
	for i := 0; d.more() && d.run.Interrupted == ""; i++ {
		s := d.schedule(i, quantiles(d.readyIn).P50)
		if slices.Contains(d.unable, s.Situation) {
			continue
		}
		r := d.newRound(s)
		r.rec.Number = len(d.run.Rounds) + 1
		err := d.make(ctx, r)
		if ctx.Err() != nil {
			d.run.Interrupted = context.Cause(ctx).Error()
			return nil
		}
		if err := d.keep(r, err); err != nil {
			return err
		}
	}
	return nil
}

// keep takes a round into the run, whatever came of it. The error is that of a server
// that never could be run.
func (d *drill) keep(r *round, err error) error {
	switch s := string(r.rec.Schedule.Situation); {
	case errors.Is(err, errSkip):
		d.unable = append(d.unable, r.rec.Schedule.Situation)
		d.skip(record.Skip{What: s, Why: err.Error()})
		if d.Replay != nil { // there is nothing else to make
			d.run.Interrupted = err.Error()
		}
		return nil
	case err != nil && len(d.run.Rounds) == 0:
		return fmt.Errorf("%w: %w", ErrTarget, err)
	case err != nil:
		d.problems++
		r.failed(err)
	default:
		d.problems = 0
	}
	d.add(&r.rec)
	if d.problems == maxProblems {
		d.run.Interrupted = fmt.Sprintf("the last %d rounds could not be made: %v", d.problems, err)
	}
	return nil
}

// prepare makes that the next start need not wait for a guard.
func (d *drill) prepare() {
	if d.ours() {
		target.Prepare()
	}
}

// make makes a round in the drill's mode.
func (d *drill) make(ctx context.Context, r *round) error {
	switch d.Setup.Mode {
	case record.Rolling:
		return r.roll(ctx)
	case record.Upgrade:
		return r.upgrade(ctx)
	}
	return r.restart(ctx)
}

// failed makes the record of a round that could not be made.
func (r *round) failed(err error) {
	r.rec.Problem = err.Error()
	r.line.fill(&r.rec)
	r.rec.Took = r.line.now()
}

// add keeps a round.
func (d *drill) add(r *record.Round) {
	d.run.Rounds = append(d.run.Rounds, *r)
	if d.Progress != nil {
		d.Progress.Round(r, len(d.run.Rounds), d.Setup.Rounds)
	}
}

// more reports whether there is to be another round, which is taken to be as long as
// most were.
func (d *drill) more() bool {
	done := len(d.run.Rounds)
	if d.Setup.Rounds > 0 && done >= d.Setup.Rounds {
		return false
	}
	if d.Setup.PID != 0 && done > 0 && d.current == nil {
		return false // nobody starts it again
	}
	if d.Setup.Duration == 0 {
		return true
	}
	took := make([]time.Duration, 0, done)
	for i := range d.run.Rounds {
		took = append(took, d.run.Rounds[i].Took)
	}
	return time.Since(d.began)+quantiles(took).P50 <= d.Setup.Duration
}

func (d *drill) note(format string, args ...any) {
	if d.Progress != nil {
		d.Progress.Note(fmt.Sprintf(format, args...))
	}
}

// skip notes what is not tried, once.
func (d *drill) skip(s record.Skip) {
	if !slices.Contains(d.run.Skipped, s) {
		d.run.Skipped = append(d.run.Skipped, s)
		d.note("%s is not tried: %s", s.What, s.Why)
	}
}

// pendWrites leaves the writes of a round to be read back by the next instance.
func (r *round) pendWrites() {
	if r.ledger != nil {
		r.pending = append(r.pending, pending{len(r.run.Rounds), r.ledger})
	}
}

// readBack asks an instance for the writes of those before it.
func (d *drill) readBack(ctx context.Context, i *instance) {
	for _, p := range d.pending {
		found := p.ledger.ReadBack(ctx, i.aims[0].addr, i.aims[0].request(*d.Read).TLS)
		if p.round < len(d.run.Rounds) {
			d.run.Rounds[p.round].Writes = found
		}
	}
	d.pending = nil
}

// readLast starts the server once more, for the writes of the last round.
func (d *drill) readLast(ctx context.Context) {
	if len(d.pending) == 0 || ctx.Err() != nil {
		return
	}
	i, err := d.start(ctx, d.ports[0], false)
	if err == nil {
		defer i.shut()
		err = i.await(ctx, d.ask)
	}
	if err != nil {
		d.note("the writes of the last round were not read back: %v", err)
		return
	}
	d.readBack(ctx, i)
}
