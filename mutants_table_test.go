// SPDX-License-Identifier: Apache-2.0

package quiesce_test

// mutants is the list of rules that are broken on purpose, and where.
var mutants = []mutant{
	{
		"a hook runs once", "worker.go",
		"res.err = enter(f)\n\tres.exited = false\n\treturn now",
		"enter(f)\n\tres.err = enter(f)\n\tres.exited = false\n\treturn now",
	},
	{
		"dependencies start before dependants", "pass.go",
		"case p.phase == PhaseStart:\n\t\treturn n.needs",
		"case p.phase == PhaseStart:\n\t\treturn nil",
	},
	{
		"dependants stop before what they need", "pass.go",
		"default:\n\t\treturn n.users",
		"default:\n\t\treturn nil",
	},
	{
		"nothing is released until everything is quiet", "stop.go",
		"a.await(p.done, nil)",
		"if p.phase != PhaseDrain {\n\t\t\ta.await(p.done, nil)\n\t\t}",
	},
	{
		"outer components are stopped", "stop.go",
		"if len(g.outer) > 0 {",
		"if false {",
	},
	{
		"a hook leaves the tail to those after it", "worker.go",
		"end := p.end - n.tail",
		"end := p.end",
	},
	{
		"a pass leaves their reserves to later passes", "budget.go",
		"end, why := b.end-p.after, boundBudget",
		"end, why := b.end, boundBudget",
	},
	{
		"registering a hook does not touch a stop's reserves", "check.go",
		"if p := a.sched.pass; p != nil {",
		"if false {\n\t\tvar p *pass",
	},
	{
		"a context ends its window before the hook is abandoned", "deadlines.go",
		"f.cutAt = d - window(d-now)",
		"f.cutAt = d",
	},
	{
		"no Start is decided after the stop request", "worker.go",
		"if a.isOver() || (j.kind == HookStart && a.State() != StateStarting) {",
		"if a.isOver() {",
	},
	{
		"what is skipped does not run", "worker.go",
		"a.skipLocked(n, j.kind, why, reason)\n\t\treturn nil",
		"a.skipLocked(n, j.kind, why, reason)",
	},
	{
		"a late return changes nothing", "worker.go",
		"if s.settled() {\n\t\ta.lateLocked(f, now)",
		"if false {\n\t\ta.lateLocked(f, now)",
	},
	{
		"an abandoned hook does not hold up its component", "coordinator.go",
		"a.resumeLocked(n, f.kind)\n}\n\n// beginDelayLocked",
		"}\n\n// beginDelayLocked",
	},
	{
		"a hook that blocks holds up no other", "worker.go",
		"s.queue = s.queue[:last]\n\t\ta.ensureWorkerLocked()",
		"s.queue = s.queue[:last]",
	},
	{
		"a Goexit is an outcome", "worker.go",
		"a.settleLocked(f, res, now)\n\t\tif res.exited {",
		"if !res.exited {\n\t\t\ta.settleLocked(f, res, now)\n\t\t}\n\t\tif res.exited {",
	},
	{
		"critical hooks run in a hurried stop", "worker.go",
		"case a.timing.hurried && !n.critical() && k != HookRun:",
		"case a.timing.hurried && k != HookRun:",
	},
	{
		"critical hooks in flight keep their context when hurried", "hurry.go",
		"case f.node.critical() && f.kind != HookStart:",
		"case false:",
	},
	{
		"a hurried stop is over in its time", "hurry.go",
		"end := min(b.end+b.margin, ",
		"end := max(b.end+b.margin, ",
	},
	{
		"hooks in flight are given up before the end of a hurried stop", "hurry.go",
		"d := min(now+int64(maxWindow), a.timing.end)",
		"d := now + int64(maxWindow)",
	},
	{
		"a hurry does not wait for sinks", "hurry.go",
		"a.wakeCoordinator() // it may be waiting for sinks\n",
		"",
	},
	{
		"the first cause is the first", "cause.go",
		"list = append(list[:len(list):len(list)], c)",
		"list = append([]cause{c}, list...)",
	},
	{
		"an error after our own cancel is an echo", "start.go",
		"case !f.calledOff:",
		"default:",
	},
	{
		"a Run that ends unasked stops the app", "start.go",
		"case o == OK && (f.asked || n.traits.mayEnd):",
		"case o == OK && (f.asked || true):",
	},
	{
		"a Run's own end after it was asked is clean", "worker.go",
		"case f.kind == HookRun && f.asked && res.ended",
		"case f.kind == HookRun && false && res.ended",
	},
	{
		"the work context outlives the turn to drain", "coordinator.go",
		"return cut{flight: f, cause: a.stopError()}",
		"return cut{flight: f, cause: a.stopError(), work: true}",
	},
	{
		"the work context ends with the drain's deadline", "coordinator.go",
		"work: f.kind == HookDrain || f.kind == HookRun,",
		"work: f.kind == HookRun,",
	},
	{
		"Force is called once", "coordinator.go",
		"n.comp.Force != nil && n.forced == forceIdle",
		"n.comp.Force != nil",
	},
	{
		"readiness is off from the request on", "state.go",
		"func (a *App) Ready() bool { return a.State() == StateRunning }",
		"func (a *App) Ready() bool { return a.ending.readyAt.Load() != 0 && a.State() < StateStopping }",
	},
	{
		"the state changes inside the request", "stop.go",
		"a.enterLocked(StateDraining)\n",
		"go a.enter(StateDraining)\n",
	},
	{
		"the readiness delay is for those who serve", "stop.go",
		"wasReady && s.serves > 0 && a.timing.delay > 0",
		"(wasReady || true) && a.timing.delay > 0",
	},
	{
		"the watchdog ends what hangs", "stop.go",
		"a.armWatchdogLocked(c.at + a.timing.grace)\n",
		"",
	},
	{
		"the grace period that cut a hook is 124", "ending.go",
		"case how.watchdog || a.bad.incomplete.Load() > 0:",
		"case how.watchdog:",
	},
	{
		"a failure comes before unclean", "ending.go",
		"case first.failure():\n\t\treturn CodeFailure\n\tcase a.bad.unclean.Load() > 0:\n\t\treturn CodeUnclean",
		"case a.bad.unclean.Load() > 0:\n\t\treturn CodeUnclean\n\tcase first.failure():\n\t\treturn CodeFailure",
	},
	{
		"an interrupted job is never 0", "ending.go",
		"case a.interrupted():",
		"case false:",
	},
	{
		"a sink that panics is removed", "sink.go",
		"if v := recover(); v != nil {\n\t\t\ts.remove(",
		"if v := any(nil); v != nil {\n\t\t\ts.remove(",
	},
	{
		"waiting from inside is refused", "app.go",
		"if f := flightOf(ctx); f != nil && f.node.app == a {",
		"if false {",
	},
	{
		"a signal that changes nothing is recorded", "signals.go",
		"default:\n\t\ta.recordSignal(d)",
		"default:",
	},
	{
		"a phase that has begun is closed", "hook.go",
		"if a.sched.begun[p] || a.State() == StateStopped {",
		"if a.State() == StateStopped {",
	},
	{
		"the report names what was registered", "hook.go",
		"if a.graph.Load() != nil { // a report",
		"if false { // a report",
	},
	{
		"a Start that was called off is given up", "deadlines.go",
		"f.cutAt == d.at && !f.overran",
		"f.cutAt == d.at && f.cause == nil",
	},
}
