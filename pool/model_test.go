// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// TestModel does random things to random pools: jobs of all kinds from callers of all
// kinds, resizes, and every kind of end. It looks at the pool whenever everybody waits,
// and in the end at each job.
func TestModel(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newModel(t, seed)
				for range 60 {
					m.step()
				}
				m.end()
				m.judge()
			})
		})
	}
}

type model struct {
	t      *testing.T
	random *rand.Rand
	parent *scope.Scope
	p      *Pool
	limit  int // the highest that there was

	mu   sync.Mutex
	jobs []*given
	told map[string]int // errors, by job
}

// A given is what became of one job. It is guarded by the model's mu.
type given struct {
	name    string
	kind    string
	handled bool
	began   int
	over    bool  // Submit has returned, or its goroutine is gone
	err     error // of Submit
	job     *Job
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{t: t, random: rand.New(rand.NewPCG(seed, 7)), told: map[string]int{}}
	r := m.random
	m.parent = scope.New(context.Background(), "s", scope.RecoverPanics(nil))
	m.limit = 1 + r.IntN(6)
	m.p = New(m.parent.Context(), "p",
		WithWorkers(r.IntN(m.limit+1), m.limit),
		WithQueue(r.IntN(8)),
		WithFull(Full(r.IntN(3))),
		WithIdle(time.Duration(1+r.IntN(500))*time.Millisecond),
		WithGrowAfter(time.Duration(r.IntN(20))*time.Millisecond),
		WithStuckAfter(time.Duration(r.IntN(3))*100*time.Millisecond, r.IntN(3), nil),
		WithErrors(func(e *scope.TaskError) {
			m.mu.Lock()
			m.told[e.Task]++
			m.mu.Unlock()
		}))
	return m
}

func (m *model) step() {
	switch r := m.random; r.IntN(10) {
	case 0:
		m.p.Resize(r.IntN(4), 1+r.IntN(6))
		m.limit = max(m.limit, m.p.Stats().Max)
	case 1, 2, 3:
		time.Sleep(time.Duration(r.IntN(150)) * time.Millisecond)
	default:
		for range 1 + r.IntN(4) {
			m.give(context.Background(), r)
		}
	}
	if m.random.IntN(2) == 0 {
		synctest.Wait()
		m.check()
	}
}

// give hands a job in from a goroutine of its own.
func (m *model) give(ctx context.Context, r *rand.Rand) {
	kinds := []string{"quick", "quick", "slow", "fail", "panic", "exit", "hang", "parent", "patient"}
	g := &given{kind: kinds[r.IntN(len(kinds))], handled: r.IntN(2) == 0}
	m.mu.Lock()
	g.name = fmt.Sprint(g.kind, len(m.jobs))
	m.jobs = append(m.jobs, g)
	m.mu.Unlock()
	patience := time.Duration(r.IntN(300)) * time.Millisecond
	own := rand.New(rand.NewPCG(r.Uint64(), 1))
	go func() {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		var err error
		var j *Job
		defer func() { // also after a Goexit of a job that runs here
			m.mu.Lock()
			g.over, g.err, g.job = true, err, j
			m.mu.Unlock()
		}()
		f := m.job(g, own)
		if g.handled {
			j, err = m.p.Start(ctx, g.name, f)
		} else {
			err = m.p.Submit(ctx, g.name, f)
		}
	}()
}

func (m *model) job(g *given, r *rand.Rand) func(context.Context) error {
	return func(ctx context.Context) error {
		m.mu.Lock()
		g.began++
		m.mu.Unlock()
		switch g.kind {
		case "slow":
			time.Sleep(time.Duration(r.IntN(50)) * time.Millisecond)
		case "hang":
			time.Sleep(time.Duration(r.IntN(500)) * time.Millisecond)
		case "patient":
			select {
			case <-scope.WorkContext(ctx).Done():
			case <-time.After(time.Duration(r.IntN(500)) * time.Millisecond):
			}
		case "fail":
			return errors.New("no luck")
		case "panic":
			panic("oops")
		case "exit":
			runtime.Goexit()
		case "parent":
			m.give(ctx, r)
		}
		return nil
	}
}

// check is for a moment when everybody waits.
func (m *model) check() {
	p := m.p
	p.mu.Lock()
	defer p.mu.Unlock()
	bad := func(format string, args ...any) {
		m.t.Helper()
		m.t.Errorf(format+" (%d workers, %d idle, %d busy, %d stuck, %d queued, %d callers)",
			append(args, len(p.all), len(p.idle), p.busy, p.stuck, p.queue.n, len(p.waiters))...)
	}
	limit := p.limitLocked()
	if p.called != 0 {
		bad("%d are on their way while everybody waits", p.called)
	}
	if len(p.idle)+p.busy != len(p.all) {
		bad("there are workers that are neither idle nor busy")
	}
	if len(p.all) > m.limit+p.cfg.replace || len(p.all) > limit && len(p.idle) > 0 {
		bad("too many workers for %d", limit)
	}
	if (p.queue.n > 0 || len(p.waiters) > 0) && len(p.idle) > 0 {
		bad("idle while there is work")
	}
	if p.queue.n > 0 && len(p.all) < limit && !p.growing.set {
		bad("nobody will come")
	}
	if len(p.waiters) > 0 && (p.fitsLocked() || len(p.all) < limit) {
		bad("callers wait while there is room")
	}
	if p.queue.n > p.cfg.size+m.limit+p.cfg.replace { // a worker that was counted on may have left since
		bad("too many in a queue of %d", p.cfg.size)
	}
	if p.spareLocked() > 0 && len(p.idle) > 0 && !p.shrinking.set && p.state == scope.Open {
		bad("idle for ever")
	}
}

// end ends the pool in one of the ways that there are.
func (m *model) end() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(m.random.IntN(2000))*time.Millisecond)
	defer cancel()
	switch m.random.IntN(6) {
	case 0:
		_ = m.p.Drop(ctx)
	case 1:
		_ = m.p.Stop()
	case 2:
		_ = m.parent.Close(ctx)
	case 3:
		m.parent.Cancel(nil)
	case 4:
		m.parent.Shut(nil)
	}
	if m.random.IntN(2) == 0 {
		m.give(context.Background(), m.random)
	}
	err := m.p.Close(ctx)
	if u, ok := errors.AsType[*scope.UnstoppedError](err); ok {
		for _, g := range u.Survey.Groups {
			if g.Task == workerTask {
				m.t.Logf("an idle worker was given up: %v", err)
			}
		}
	}
	time.Sleep(time.Minute) // those that were given up end, too
	_ = m.parent.Stop()
	synctest.Wait()
}

// judge sees that each job has exactly one end, and that the counts agree.
func (m *model) judge() {
	var want Stats
	dropped := 0
	for _, g := range m.jobs {
		err := g.err
		if g.job != nil {
			select {
			case <-g.job.Done():
			default:
				m.t.Errorf("%s: its handle hangs", g.name)
			}
			err = g.job.Wait(context.Background())
		}
		switch {
		case !g.over || g.began > 1:
			m.t.Errorf("%s: began %d times, over: %v", g.name, g.began, g.over)
		case g.err != nil:
			want.Refused++
			if g.began != 0 {
				m.t.Errorf("%s: it was refused and ran: %v", g.name, g.err)
			}
		case g.began == 0:
			dropped++
			if g.job != nil && !errors.Is(err, ErrDropped) {
				m.t.Errorf("%s: it did not run: %v", g.name, err)
			}
		case errors.Is(err, ErrDropped):
			m.t.Errorf("%s: it was dropped and ran", g.name)
		}
		if g.began == 1 {
			m.judgeRun(g, err, &want)
		}
	}
	want.Dropped = uint64(dropped)
	got := m.p.Stats()
	want.Min, want.Max = got.Min, got.Max
	if got != want {
		m.t.Errorf("stats:\n got %+v\nwant %+v", got, want)
	}
	lost := 0
	for _, n := range m.p.dropped {
		lost += n
	}
	if lost != dropped {
		m.t.Errorf("%d are said to have been dropped, and %d were", lost, dropped)
	}
}

// judgeRun sees that a job that ran was told of as what it was.
func (m *model) judgeRun(g *given, err error, want *Stats) {
	outcome := map[string]scope.Outcome{"fail": scope.Failed, "panic": scope.Panicked, "exit": scope.Exited}[g.kind]
	switch outcome {
	case scope.Failed:
		want.Failed++
	case scope.Panicked:
		want.Panicked++
	case scope.Exited:
		want.Exited++
	default:
		want.OK++
		outcome = scope.OK
	}
	if g.job != nil && outcomeOf(err) != outcome {
		m.t.Errorf("%s: its handle says %v", g.name, err)
	}
	if told := m.told[g.name]; told == 1 != (outcome != scope.OK) {
		m.t.Errorf("%s: told of %d times", g.name, told)
	}
}
