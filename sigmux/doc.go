// SPDX-License-Identifier: Apache-2.0

/*
Package sigmux owns the signals of a program: it takes them, says what they mean,
tells whoever wants to know, and gives them back. It depends on the standard
library only and can be used without the rest of quiesce.

# Only Ctrl-C

A program that just has to end when it is told to needs two functions:

	func main() {
		ctx, stop := sigmux.NotifyContext(context.Background())
		err := importAll(ctx)
		stop()
		os.Exit(sigmux.ExitCode(ctx, err))
	}

[NotifyContext] differs from the one in os/signal in what users notice. A second
Ctrl-C kills, instead of being swallowed until stop is called. [context.Cause]
is a *[SignalError] that names the signal. And [ExitCode] dies of that signal,
so that bash ends "for f in *; do importer $f; done" where it goes on after a
program that exits with 130.

# All of them

A [Mux] is for programs in which a signal can mean several things.

	mux := sigmux.New(sigmux.OS())
	mux.OnFault(report)
	mux.Escalate(sigmux.Interactive(), func(d sigmux.Delivery, s sigmux.Step) { … })
	mux.Handle(syscall.SIGHUP, "reload", reload)
	mux.Listen()
	defer mux.Close()

Nothing is taken before Listen: until then, and after Close, every signal has
its default action. Each signal has a channel and a goroutine of its own, so a
burst of one neither drowns nor delays another.

# Escalation

The terminating signals of a [Policy] climb one ladder: the first is [Graceful],
later ones [Hurried] and [Forced]. Which of them climb is the policy's choice:

	                  first TERM or INT   TERM again   INT again
	[Interactive]     graceful            climbs       climbs
	[Orchestrated]    graceful            recorded     climbs

Within [CoalesceWindow] of the last one of its own kind a repeat is coalesced
instead: it is counted, and nobody is called. The function is called on the
signal's goroutine before anything else, so it must not block.

# Routes

Handlers are named routes. Those of one signal have their turns in order of
[Priority]. Each is isolated: a panic or a runtime.Goexit is recorded as a
[Fault], and the next has its turn. Each is bounded: after its [Timeout] the
next no longer waits. No handler runs twice at once: what arrives while it runs,
or while it is masked, reaches it as one [Delivery] with a Count.

# What was inherited

[Inherited] tells of the traps that a process can be started in. The important
one: SIGINT and SIGHUP that the parent ignored (nohup, a script's &) stay
ignored. Listen and NotifyContext do not take them.

# What signals do not do

They are not counted by anyone: equal signals that are on their way are one. Of
100,000 SIGUSR1 sent in a loop by another process, between 700 and 3,200 reached
the mux in our runs (TestTermIsNotLostBehindABurst -v prints the figure). What is
certain is that one arrives after the last was sent. Different signals have no
order among each other. os/signal does not say who sent a signal; the package
sigmux/sender does, on Linux: New(sender.OS()) fills in the [Sender] of each
delivery, NotifyContextFrom(ctx, sender.OS()) that of the cause.

SIGKILL and SIGSTOP cannot be taken. SIGQUIT can, but is better left alone: its
default prints every goroutine's stack.

# Systems

Everything works on Linux. Other Unix systems cannot tell the inherited mask or
a shell above. On Windows Ctrl-C and Ctrl-Break are [os.Interrupt]; closing the
console, logging off and shutting down are SIGTERM; a process cannot die of a
signal, so ExitCode returns 128+n.
*/
package sigmux
