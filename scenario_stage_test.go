// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// A stage is a scenario while it is played.
type stage struct {
	*scenario
	app      *quiesce.App
	runner   *quiescetest.Runner
	source   *sigmux.Fake
	recorder *quiescetest.Recorder
	start    time.Time
	handles  sync.Map      // name to *quiesce.Handle
	release  chan struct{} // closed when the test is over, for what hangs

	mu    sync.Mutex
	notes []string // guarded by mu
}

// note keeps a line about what was seen from inside.
func (s *stage) note(format string, args ...any) {
	line := fmt.Sprintf("+%v %s\n", round(time.Since(s.start)), fmt.Sprintf(format, args...))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, line)
}

// writeNotes writes the notes in the order of time, those of one instant in
// that of their text.
func (s *stage) writeNotes(b *strings.Builder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(s.notes, func(x, y string) int {
		dx, textX, _ := strings.Cut(x[1:], " ")
		dy, textY, _ := strings.Cut(y[1:], " ")
		if c := cmp.Compare(duration(dx), duration(dy)); c != 0 {
			return c
		}
		return strings.Compare(textX, textY)
	})
	for _, n := range s.notes {
		b.WriteString("note " + n)
	}
}

// duration reads what parse has checked, or a Duration has printed.
func duration(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}

// A codedCause is a cause with an exit code.
type codedCause struct{ code int }

func (e codedCause) Error() string { return fmt.Sprintf("code %d", e.code) }
func (e codedCause) ExitCode() int { return e.code }

// causeOf makes an error of an action's argument: "code=7", other text, or nil.
func causeOf(arg string) error {
	var e codedCause
	switch n, _ := fmt.Sscanf(arg, "code=%d", &e.code); {
	case n == 1:
		return e
	case arg == "":
		return nil
	default:
		return errors.New(arg)
	}
}

var signals = map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": os.Interrupt, "HUP": syscall.SIGHUP}

// verbs are what actions can do.
var verbs = map[string]func(s *stage, arg string){
	"shutdown": func(s *stage, arg string) { s.app.Shutdown(causeOf(arg)) },
	"hurry":    func(s *stage, arg string) { s.app.Hurry(causeOf(arg)) },
	"cancel":   func(s *stage, arg string) { s.runner.Cancel(causeOf(arg)) },
	"signal":   func(s *stage, arg string) { s.signal(arg) },
	"ignore":   func(s *stage, arg string) { s.source.Ignore(signals[arg]) },
	"hold":     func(s *stage, arg string) { s.holdPhase(arg) },
	"ready":    func(s *stage, _ string) { s.note("%v, ready %v", s.app.State(), s.app.Ready()) },
	"add":      func(s *stage, arg string) { s.app.Add(arg, quiesce.Component{Start: quiesce.Nothing}) },
	"flush":    func(s *stage, arg string) { s.register(quiesce.PhaseFlush, arg) },
	"announce": func(s *stage, arg string) { s.register(quiesce.PhaseAnnounce, arg) },
}

func (a scriptAction) do(s *stage) { verbs[a.verb](s, a.arg) }

// holdPhase stops the coordinator before a phase, until the test is over.
func (s *stage) holdPhase(phase string) {
	s.recorder.Hold(func(e quiesce.Event) bool {
		p, ok := e.(quiesce.PhaseBegun)
		return ok && p.Phase.String() == phase
	})
}

func (s *stage) signal(name string) {
	if !s.source.Send(signals[name]) {
		s.note("SIG%s is not taken", name)
	}
}

// register adds a free hook that does nothing.
func (s *stage) register(p quiesce.Phase, name string) {
	if err := s.app.Hook(p, name, quiesce.Nothing); err != nil {
		s.note("%v", err)
	}
}

// add adds the component or free hook to the app.
func (p scriptPart) add(s *stage) {
	if p.free {
		p.addHook(s)
		return
	}
	forced := make(chan struct{})
	c := quiesce.Component{
		Start: p.hook(s, "start", forced), Run: p.hook(s, "run", forced), Announce: p.hook(s, "announce", forced),
		Drain: p.hook(s, "drain", forced), Stop: p.hook(s, "stop", forced), Force: p.force(s, "force", forced),
	}
	_, c.Serves = p.fields["serves"]
	opts := []quiesce.AddOption{}
	for key, value := range p.fields {
		opts = append(opts, p.addOptions(s, key, value)...)
	}
	s.handles.Store(p.name, s.app.Add(p.name, c, opts...))
}

func (p scriptPart) addOptions(s *stage, key, value string) []quiesce.AddOption {
	switch key {
	case "needs":
		handles := []*quiesce.Handle{}
		for _, name := range strings.Split(value, ",") {
			h, _ := s.handles.Load(name)
			handles = append(handles, h.(*quiesce.Handle)) // a scenario that needs what is not there is broken
		}
		return []quiesce.AddOption{quiesce.Needs(handles...)}
	case "job":
		return []quiesce.AddOption{quiesce.Job()}
	case "mayend":
		return []quiesce.AddOption{quiesce.MayEnd()}
	case "outer":
		return []quiesce.AddOption{quiesce.Outer()}
	case "critical":
		return []quiesce.AddOption{quiesce.Critical(duration(value))}
	}
	if name, ok := strings.CutPrefix(key, "limit."); ok {
		var phase quiesce.Phase
		_ = phase.UnmarshalText([]byte(name)) // check has read it
		return []quiesce.AddOption{quiesce.Limit(phase, duration(value))}
	}
	return nil
}

func (p scriptPart) addHook(s *stage) {
	forced := make(chan struct{})
	opts := []quiesce.HookOption{}
	for key, value := range p.fields {
		switch key {
		case "critical":
			opts = append(opts, quiesce.Critical(duration(value)))
		case "limit":
			opts = append(opts, quiesce.Limit(p.phase, duration(value)))
		case "besteffort":
			opts = append(opts, quiesce.BestEffort())
		case "fallback":
			opts = append(opts, quiesce.Fallback(p.force(s, "fallback", forced)))
		}
	}
	if err := s.app.Hook(p.phase, p.name, p.hook(s, "do", forced), opts...); err != nil {
		s.note("%v", err)
	}
}

// force returns the component's Force: it is noted, what waits for it goes on,
// and then it does what the script says.
func (p scriptPart) force(s *stage, key string, forced chan struct{}) func() {
	text, ok := p.fields[key]
	if !ok {
		return nil
	}
	steps, _ := parseHook(text) // check has read it
	return func() {
		s.note("%s of %q called", key, p.name)
		close(forced) // a second call would panic, and be noted in the report
		c := &hookCall{stage: s, ctx: context.Background(), title: key, forced: forced}
		_ = c.play(steps)
	}
}

// hook returns the function for one of the part's hooks, nil for none.
func (p scriptPart) hook(s *stage, key string, forced chan struct{}) func(context.Context) error {
	text, ok := p.fields[key]
	if !ok {
		return nil
	}
	if text == "nothing" {
		return quiesce.Nothing
	}
	steps, _ := parseHook(text) // check has read it
	return func(ctx context.Context) error {
		c := &hookCall{stage: s, ctx: ctx, title: key + " " + p.name, forced: forced}
		return c.play(steps)
	}
}

// A hookCall is a hook while it runs.
type hookCall struct {
	*stage
	ctx    context.Context
	title  string
	forced chan struct{} // closed by Force
}

// A hookStep is one step of a hook.
type hookStep struct{ name, arg string }

// parseHook reads a list of steps.
func parseHook(text string) ([]hookStep, error) {
	var list []hookStep
	for _, word := range strings.Split(text, ",") {
		name, arg, _ := strings.Cut(word, ":")
		if d, err := time.ParseDuration(strings.TrimRight(name, "!~")); err == nil {
			arg, name = d.String(), "sleep"+strings.TrimLeft(word, "0123456789.hmsnµ")
		}
		if steps[name] == nil {
			return nil, fmt.Errorf("unknown step %q", word)
		}
		list = append(list, hookStep{name, arg})
	}
	return list, nil
}

// play takes the steps until one ends the hook.
func (c *hookCall) play(list []hookStep) error {
	for _, s := range list {
		if end, err := steps[s.name](c, s.arg); end {
			return err
		}
	}
	return nil
}

// steps are what hooks can do. Each says whether the hook returns now.
var steps = map[string]func(c *hookCall, arg string) (end bool, err error){
	"":        func(*hookCall, string) (bool, error) { return true, nil },
	"ok":      func(*hookCall, string) (bool, error) { return true, nil },
	"nothing": func(*hookCall, string) (bool, error) { return true, nil }, // is quiesce.Nothing: see hook

	// A duration waits for that long: plain until ctx ends, with ! whatever
	// happens, with ~ until the work context ends.
	"sleep":  func(c *hookCall, arg string) (bool, error) { return c.sleep(c.ctx, arg) },
	"sleep!": func(c *hookCall, arg string) (bool, error) { return c.sleep(context.Background(), arg) },
	"sleep~": func(c *hookCall, arg string) (bool, error) { return c.sleep(quiesce.WorkContext(c.ctx), arg) },

	// Waiting: for the end of ctx, for Force, for the end of the test.
	"ctx":    func(c *hookCall, _ string) (bool, error) { <-c.ctx.Done(); return false, nil },
	"forced": func(c *hookCall, _ string) (bool, error) { <-c.forced; return false, nil },
	"hang":   func(c *hookCall, _ string) (bool, error) { <-c.release; return false, nil },

	// Other ends.
	"fail":  func(_ *hookCall, arg string) (bool, error) { return true, errors.New("it broke" + arg) },
	"err":   func(c *hookCall, _ string) (bool, error) { return true, c.ctx.Err() },
	"cause": func(c *hookCall, _ string) (bool, error) { return true, context.Cause(c.ctx) },
	"code": func(_ *hookCall, arg string) (bool, error) {
		e, _ := causeOf("code=" + arg).(codedCause)
		return true, e
	},
	"panic":  func(_ *hookCall, arg string) (bool, error) { panic("oh no" + arg) },
	"goexit": func(*hookCall, string) (bool, error) { runtime.Goexit(); return true, nil },

	// Looking around.
	"see-cause": see("cause", func(c *hookCall) any { return context.Cause(c.ctx) }),
	"see-work":  see("work", func(c *hookCall) any { return context.Cause(quiesce.WorkContext(c.ctx)) }),
	"see-stop":  see("stop", func(c *hookCall) any { return quiesce.StopCause(c.ctx) }),
	"see-still": see("still", func(c *hookCall) any { return quiesce.StillRunning(c.ctx) }),
	"see-ready": see("ready", func(c *hookCall) any { return c.app.Ready() }),
	"see-wait":  see("wait", func(c *hookCall) any { return c.app.Wait(c.ctx) }),
	"see-deadline": see("deadline", func(c *hookCall) any {
		at, ok := c.ctx.Deadline()
		if !ok {
			return "none"
		}
		return "+" + round(at.Sub(c.start)).String()
	}),

	// Doing to the app what others do from outside.
	"shutdown": func(c *hookCall, arg string) (bool, error) { c.app.Shutdown(causeOf(arg)); return false, nil },
	"hurry":    func(c *hookCall, arg string) (bool, error) { c.app.Hurry(causeOf(arg)); return false, nil },
	"flush":    func(c *hookCall, arg string) (bool, error) { c.register(quiesce.PhaseFlush, arg); return false, nil },
	"announce": func(c *hookCall, arg string) (bool, error) { c.register(quiesce.PhaseAnnounce, arg); return false, nil },
}

// sleep waits, or ends the hook with the cause if ctx ends first.
func (c *hookCall) sleep(ctx context.Context, d string) (bool, error) {
	select {
	case <-time.After(duration(d)):
		return false, nil
	case <-ctx.Done():
		return true, context.Cause(ctx)
	case <-c.release:
		return true, nil // the test is over
	}
}

// see is a step that notes what f returns.
func see(what string, f func(c *hookCall) any) func(*hookCall, string) (bool, error) {
	return func(c *hookCall, _ string) (bool, error) {
		c.note("%s sees %s: %v", c.title, what, f(c))
		return false, nil
	}
}
