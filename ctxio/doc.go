// SPDX-License-Identifier: Apache-2.0

/*
Package ctxio makes reading, writing, accepting and running commands obey a
context: when it ends, whoever waits in such a call comes back at once, with an
error that wraps [context.Cause]. It depends on the standard library only and can
be used without the rest of quiesce.

# Which form for what

	what blocks                          use                      interrupted by
	a net.Conn, *tls.Conn                [NewConn]                deadlines
	a TCP or Unix listener               [NewListener]            deadlines
	another listener                     [NewListener]            a helper goroutine
	a pipe, a FIFO                       [NewReader], [NewWriter] deadlines
	a file, a terminal, bufio, C         [NewReader], [NewWriter] a helper goroutine
	a handler's answer, a request's body [Handler]                deadlines, once
	a command                            [Run], [Start]           TERM, then KILL, to its group

What takes a context already needs none of this: dialling, [net.Resolver],
[database/sql], a client of net/http.

# Deadlines

A context is bound to a connection once, by [context.AfterFunc]; when it ends, the
deadlines are set in the past, which wakes who waits. Another can be bound in its
place, for each request of a connection from a pool:

	conn.SetContext(ctx)
	defer conn.SetContext(context.Background())

The caller's own deadlines are kept apart, and are in force again after that. An
operation starts no goroutine and allocates nothing: a Read through a [Conn] takes
about 15 to 30 ns longer than without, where a goroutine or an AfterFunc for each
takes a microsecond and three allocations (go test -bench . ./ctxio; Go 1.26.8,
linux/amd64, a virtual machine with 2 cores).

# Helper goroutines

What has no deadlines cannot be interrupted, only left. Then a helper goroutine
makes the call, with a buffer that is not the caller's, and is abandoned when the
context ends. It ends with its call, if that ever does; what it has read or
accepted by then is for the next call, and until then no second helper is started.
Abandoned tells whether there is such a one. [WithSpawner] has helpers listed where
a program keeps its goroutines, in a scope for example, so that a stop finds them.

# Errors

An error of a connection or a listener is a *[net.OpError], any other one's text
begins with "ctxio: ". [errors.Is] finds the cause in it, which is
[context.Canceled] or [context.DeadlineExceeded] if the context was ended without
another. [os.ErrDeadlineExceeded] means a deadline of the caller's or the server's
own. No error is temporary, so that accept loops end.

# What it does not do

The end of a context closes nothing, but where it is said. It takes nothing back:
of an interrupted Write the peer has got a part. Who goes past the wrapper, with
NetConn or a hijack, is not interrupted, and deadlines that are set there are lost.
[net.Buffers] are written one by one. io.Copy from one wrapper to another has read
what it can no longer write when the other's context ends: that is lost. The
"100 Continue" that net/http writes before the first read of a body is not
interrupted. Code that never waits in one of these calls,
a loop for example, has to look at its context itself.
*/
package ctxio
