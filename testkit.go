// SPDX-License-Identifier: Apache-2.0

package quiesce

import "github.com/go-quiesce/quiesce/internal/seam"

// Extend is for the test kit alone: its first argument has a type that only
// this module can make. It adds options to an app that has not run, as if [New]
// had been given them, and returns who needs whom, by name. See [quiescetest].
//
// [quiescetest]: https://pkg.go.dev/github.com/go-quiesce/quiesce/quiescetest
func (a *App) Extend(_ seam.Kit, opts ...Option) (needs map[string][]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range opts {
		o.applyApp(&a.cfg)
	}
	needs = make(map[string][]string)
	for _, n := range a.building.all() {
		for _, need := range n.needs {
			needs[n.name] = append(needs[n.name], need.name)
		}
	}
	return needs
}

// WithBefore is for the test kit alone: its argument has a type that only this
// module can make. See [quiescetest].
//
// [quiescetest]: https://pkg.go.dev/github.com/go-quiesce/quiesce/quiescetest
func WithBefore(f seam.Before) Option {
	return optionFunc(func(c *appConfig) { c.before = func(e Event) { f.Call(e) } })
}

// The before… functions tell the test kit what is about to happen, on the
// goroutine that is about to do it and without the lock, so that a test can
// hold it there. See quiescetest.

func (a *App) beforeBegin(f *flight) {
	if a.cfg.before != nil {
		a.cfg.before(HookBegun{Component: f.node.name, Hook: f.node.kind(f.kind), Phase: f.node.phaseOf(f.kind)})
	}
}

func (a *App) beforeEnd(f *flight, res result) {
	if a.cfg.before != nil {
		a.cfg.before(HookEnded{Component: f.node.name, Hook: f.node.kind(f.kind), Phase: f.node.phaseOf(f.kind), Err: res.err})
	}
}

func (a *App) beforeStop(c cause) {
	if a.cfg.before != nil {
		a.cfg.before(StopRequested{Cause: c.report(0), First: a.State() < StateDraining})
	}
}

func (a *App) beforePass(p *pass) {
	if a.cfg.before != nil {
		a.cfg.before(PhaseBegun{Phase: p.phase, Outer: p.outer})
	}
}
