// SPDX-License-Identifier: Apache-2.0

// Package pool runs many jobs on a few goroutines that have an owner, a name and an
// end: an elastic worker pool on a [scope.Scope].
//
//	p := pool.New(ctx, "mail", pool.WithWorkers(2, 32), pool.WithJobTimeout(time.Minute))
//	defer p.Stop()
//
//	err := p.Submit(ctx, "send", func(ctx context.Context) error { return send(ctx, m) })
//
//	err = p.Close(ctx) // every mail that was accepted is sent, or named in the error
//
// A job that nobody waits for is given to [Pool.Submit]. [Pool.Start] also returns a
// handle, and [Call] waits for the job and returns its result.
//
// # Workers
//
// There is a worker for each job until there is the minimum of [WithWorkers]. After
// that, jobs wait in a queue, and one that has waited for [WithGrowAfter] gets a worker
// of its own, up to the maximum: it is not the length of a queue that hurts, but how
// long one is in it. A queue that is full starts workers at once. Only when there are
// as many as there may be, [WithFull] says what happens to more jobs.
//
// The worker that became idle last is called first, so that those who are not needed
// stay idle, and end after [WithIdle]. [Pool.Resize] changes the bounds at any time.
//
// A job that takes too long can be told so, by [WithJobTimeout], but not ended:
// nothing in Go ends a goroutine. With [WithStuckAfter] its worker is reported, and
// replaced for as long as the job goes on.
//
// # Jobs
//
// Every job that was given to the pool has exactly one end. It was refused, and Submit
// returned an error; or it was dropped, before it began, when the pool was closed or
// cancelled; or it ran, and returned, panicked or called runtime.Goexit, which ends its
// worker: another one takes its place, and the job's handle says [scope.ErrExited].
// [Stats] has the counts.
//
// While it runs, a job stands for its worker in surveys, profiler labels and errors, as
// if it was a task of its own name in the pool's scope: of both contexts, with all that
// [scope.From] and [scope.WorkContext] give. Without [scope.RecoverPanics] a panic in a
// job crashes the process at once. A job's error is counted and goes to [WithErrors];
// it is no business of other jobs.
//
// The package installs nothing, starts nothing that it does not end, and does not poll.
// A pool can be used in a bubble of [testing/synctest].
package pool
