// SPDX-License-Identifier: Apache-2.0

/*
Package scope gives every goroutine an owner, a name and an end, at the price of a
bare go statement. It depends on the standard library only and can be used without
the rest of quiesce.

A [Scope] owns goroutines, its tasks. Each has a name and a context, is counted until
it has ended, and ends in exactly one way, which somebody hears of.

	s := scope.New(ctx, "fetch")
	defer s.Stop() // ends what is left, and waits for it
	for _, url := range urls {
		if err := s.Go(ctx, "page", func(ctx context.Context) error {
			return fetch(ctx, url)
		}); err != nil {
			break // the scope has ended: a page has failed
		}
	}
	return s.Wait(ctx) // the error of that page

Scopes form a tree: one that is made with the context of a task, or of a scope, is a
child. What ends a scope ends those below it.

# Which call when

	start a task            Go; TryGo, which does not wait for a limit; Start, for a handle
	wait for the tasks      Wait; it closes nothing
	end by the way          Stop, in a defer: cancels, and waits as long as it takes
	end a server            Close: lets work finish, cancels, gives up at a deadline
	take no new work        Shut
	end all work            Cancel
	see what runs           Survey

# States

A scope goes through its states in one direction:

	state       admits               context of tasks   WorkContext   comes with
	open        every task           -                  -             New
	draining    work in flight only  ended              -             Shut
	cancelled   nothing              ended              ended         Cancel, a policy, the end of New's context
	closing     nothing              ended              ended         Stop, Close
	closed      nothing              ended              ended         the end of the last task, or Close gave up

Work in flight is who asks with the context of a task of the scope, or of one below
it: so it can finish with tasks of its own. What is not admitted has an error that
matches [ErrScopeClosed], and never runs. Nothing is admitted any more when Cancel has
returned.

# Two contexts

A task's context ends when no new work is to be taken. [WorkContext] is the one under
which it finishes what it has begun; it has the same values, and ends when the scope is
cancelled.

	func consume(ctx context.Context) error {
		for {
			m, err := queue.Receive(ctx) // until no new work is to be taken
			if err != nil {
				return err // the end of ctx is no failure once it has come
			}
			if err := handle(scope.WorkContext(ctx), m); err != nil {
				return err
			}
		}
	}

That a task returns [context.Canceled] or the cause of one of the two is a failure
before the scope was shut, and none after.

# Policies

What the end of a task means for the others is a [Policy]: [FailFast] cancels the scope
with the first error, [CollectAll] waits for all, [FirstSuccess] and [Quorum] cancel it
when enough tasks have returned nil, and [Isolate] only counts, for a scope that lives
as long as a server. Each failure is a [*TaskError] with the name of the task.

# Panics and Goexit

A panic in a task crashes the process there and then, with its own stack, as in any
goroutine. [RecoverPanics] makes it an error instead. [runtime.Goexit] in a task, which
t.FailNow calls, is an error too, [ErrExited]: it hangs nobody who waits, and is no
success. In a panic that a deferred Goexit overtakes, and the other way round, the last
word counts, as in Go itself.

# Names

The names of tasks and scopes are profiler labels, "task" and "scope" (the path), of
the task's goroutine and of all that it starts; [runtime/pprof.Do] with the task's
context keeps them. So names have to be constants: every new one makes profiles bigger,
and costs memory until its scope has ended.

# What it does not do

It stops no goroutine that does not listen to its context: Close gives it up, says so
in an [*UnstoppedError], and counts it until it ends. It cannot know of a goroutine that
a task starts with a bare go statement before it looks for labels in a profile. It
restarts nothing by itself, and it does not catch what cannot be caught: fatal errors
of the runtime, such as concurrent map writes.

A scope holds no function, context, result or channel of a running task, so that the
runtime's leak profile sees what it would see without it.

# Cost

Go takes about what a go statement with a [sync.WaitGroup] takes, and allocates nothing
in the long run; a handle is one allocation of 48 bytes. A running task takes 80 bytes
more than its goroutine. A Timeout or Cancelable task has four contexts of its own,
which cost several times as much as the goroutine. BenchmarkGo and its neighbours
measure it: go test -bench . -cpu 1,2

Everything works in a bubble of [testing/synctest].
*/
package scope
