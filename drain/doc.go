// SPDX-License-Identifier: Apache-2.0

/*
Package drain ends work without losing any: what was admitted is finished, what
is refused was never begun, and the end comes with the last work, not at the next
look at a counter. It depends on the standard library only and can be used
without the rest of quiesce.

# An HTTP server

A [Server] serves an [net/http.Server] that it is given, and drains it in stages:

	notice   readiness is off; everything is served as before
	advise   clients are told to leave: Connection: close, GOAWAY, turns; still served
	drain    the accept queue is emptied, the listener closed; connections end one
	         by one, when their request is answered or nothing has come for a while
	cancel   shortly before the deadline the contexts of requests end
	force    what is left is closed

In a program with nothing else to stop that is one call:

	s := drain.NewServer(&http.Server{Addr: ":8080", Handler: h})
	go s.ListenAndServe(context.Background())
	<-signalled
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := s.Shutdown(ctx, 5*time.Second) // notice, five seconds, and the rest

[net/http.Server.Shutdown] loses requests in this: it cuts a connection whose next
request has arrived, and resets who is in the accept queue. It waits in steps of
up to half a second, and for neither hijacked connections nor its own functions.

# Work that lasts

Streams, long polls and websockets have no end of their own. [From] gives their
handlers a [Handle], which says that the server is drained, why, and until when;
[Handle.Long] gives each a turn, spread so that the clients do not all come back to
the other servers in one instant. For servers of other protocols an [Advisor]
does the same.

# Other work

[Conns] serves a protocol of one's own in the same stages. A [Consumer] stops
fetching at notice, finishes what it has, and gives back the rest. A [Pool] is
closed when the last user has left it, which database/sql's does not wait for.

# A gate for anything

A [Gate] admits work and says when the last of it is over. Its zero value is open.

	var gate drain.Gate

	func serve(j Job) error {
		if !gate.Enter() {
			return errStopping
		}
		defer gate.Leave()
		return j.Do()
	}

	func stop(ctx context.Context) error {
		return gate.Close(ctx) // refuses from now on, waits for what was let in
	}

Enter is one atomic addition and Leave another; nothing is allocated, and callers
that are refused do not delay the end. [Gate.Begin] costs a lock and one reading
of the clock more, and lets an error say who is late. A [Group] shuts gates of
several classes in order.

# Words

Work is admitted or refused. What was admitted and has not left is in flight. A
gate is drained when it is shut and nothing is in flight: that happens once, and
nothing comes after it. It is quiet when nothing arrived for a while and nothing
is in flight: that can pass. A holder is work in flight that has a name.

# What it does not do

A gate stops nothing that was admitted: it neither cancels nor bounds work, it
only waits. A drain does not make clients well-behaved: one that sends a request
on a connection in the very moment in which the server, after a second of
silence, closes it has to send it again (RFC 9112, 9.5).
*/
package drain
