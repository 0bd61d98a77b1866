// SPDX-License-Identifier: Apache-2.0

// Package quiesce puts a program under one lifecycle: it starts in order, says
// when it is ready, and stops without losing anything inside a time budget,
// with a report that says what the stop did.
//
//	func main() {
//		app := quiesce.New("shop", quiesce.Auto(), quiesce.WithGracePeriod(25*time.Second))
//		db := app.Add("db", quiesce.Component{Start: pool.PingContext, Stop: quiesce.NoCtx(pool.Close)})
//		app.Add("outbox", quiesce.Component{Run: publish}, quiesce.Needs(db))
//		app.Add("http", quiesce.HTTP(srv), quiesce.Needs(db))
//		app.Add("admin", quiesce.HTTP(probes), quiesce.Outer())
//		os.Exit(app.Main())
//	}
//
// # Words
//
// An app is the whole program; a [Component] is a named part of it; a hook is
// one function of a component, or a free function registered with [App.Hook].
// Hooks run in phases: start, then, when the app is asked to stop, announce,
// drain, stop and flush. The grace period is the total time from the stop
// request to the forced end; a reserve is the part of it that only one critical
// hook may spend; the readiness delay is the time between not ready and the
// drain, in which everything is served as before so that load balancers look
// away. An outcome says how a hook ended; abandoned means: asked to stop, and
// still running at its deadline.
//
// # Model
//
// Components are added with [App.Add], which returns a handle; dependencies are
// handles. Nothing is discovered: what a component does is what its fields say,
// how this app uses it is what Add's options say. A component starts when its
// dependencies are ready, in parallel where nothing forbids it.
//
// A stop is two passes over the same graph the other way round, dependants
// first: drain over everything, then stop over everything. Nothing is released
// until everything is quiet. Readiness goes off before any other effect of a
// stop can be seen, and liveness stays on until the [Outer] components stop.
//
// A Run has two contexts. Its own ends when no new work may be taken;
// [WorkContext] gives the one under which work that was begun is finished:
//
//	func publish(ctx context.Context) error {
//		for {
//			m, err := queue.Receive(ctx) // ends when no new work may be taken
//			if err != nil {
//				return err // ctx's own error is a clean end
//			}
//			if err := send(quiesce.WorkContext(ctx), m); err != nil { // what was begun is finished
//				return err
//			}
//		}
//	}
//
// # Deadlines
//
// The grace period begins with the stop request, and nothing extends it. Each
// hook has its clock from when it begins, and ends in time for everything after
// it on its path to have its reserve: 1 % of the grace period, or what
// [Critical] says. So a hook that hangs cannot spend another's time. Shortly
// before its deadline a hook's context ends with a cause, and the component's
// Force is called once; if the hook has not returned by the deadline it is
// abandoned, and the stop goes on without it. At the end of the grace period a
// watchdog ends the app whatever the rest of it is doing.
//
// Whether everything fits is checked before anything starts; [App.Plan] shows
// it, and a program that ends in [App.Main] prints it when the environment
// variable QUIESCE_PLAN is "text" or "json".
//
// # Signals
//
// [App.Main] takes SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGPIPE from the
// operating system and keeps them until the process is gone. The first SIGTERM
// or SIGINT asks for a graceful stop. With the [Interactive] preset a second one,
// 200 ms or more after the last of its kind, hurries: non-critical hooks are cut,
// critical ones still run, in about a second. A third ends the process. With
// [Kubernetes] and [Systemd], and without a preset, only SIGINT escalates, and a
// repeated SIGTERM is recorded. SIGHUP is a graceful stop. SIGUSR1 writes the state and all stacks.
// SIGPIPE does nothing, so that a write to whoever is gone fails instead of
// killing the process in the middle of a stop. SIGQUIT is never taken.
//
// Before Main the default actions hold, and [App.Run] takes no signal at all
// unless it is given a source. For a program that needs only Ctrl-C see
// [sigmux.NotifyContext].
//
// # Tasks
//
// What comes and goes while the app runs lives in a scope. Every component has one,
// found through any context that its hooks were given, or that of a request that it
// serves, and a goroutine in it has a name and an end:
//
//	err := scope.From(ctx).Go(ctx, "refresh", cache.refresh)
//
// A task has the two contexts of a Run: its own ends when no new work may be taken,
// when the component's Drain has ended (or its Run, or its turn to drain has come);
// that of [WorkContext] shortly before the deadline of the drain. The component is
// drained when its tasks have ended, and its Stop is called after that. A task that
// fails stops the app, as a Run does; for those that may fail there are scopes of
// one's own and supervisors: see package scope. [App.Tasks] shows what runs.
//
// # Panics
//
// A panic or a runtime.Goexit in Start is a failed start. In a hook of the stop
// it is recorded with its stack, and the rest goes on. In a Run it is printed at
// once with the original stack, and stops the app. Fatal errors of the runtime
// (a concurrent map write, running out of memory, a stack overflow) cannot be
// caught by anyone: they end the process without a stop and without a report. In a
// task it is as in a Run.
//
// # What it does not do
//
// It does not restart what ends: a Run that returns unasked stops the app, and
// the supervisor above the process restarts that. A scope.Supervisor restarts
// goroutines. It injects nothing and reads
// no configuration but QUIESCE_GRACE and QUIESCE_PLAN. It cannot end a goroutine
// that ignores its context: such a hook is abandoned and named in the [Report],
// with its stack, and may still use what the components it needs have released;
// see [StillRunning].
//
// [sigmux.NotifyContext]: https://pkg.go.dev/github.com/go-quiesce/quiesce/sigmux#NotifyContext
package quiesce
