// SPDX-License-Identifier: Apache-2.0

// Package blockingcall defines an analyzer that reports calls that block for long
// without a context.
//
// # Analyzer blockingcall
//
// blockingcall: report calls that may block for long where a context should end them
//
// A dial to a host that does not answer takes the kernel two minutes (tcp_syn_retries),
// a request without a timeout takes for ever, and so does a command that hangs. Where
// such a call has no context and no time limit, the stop waits for it, or gives up and
// leaves it behind.
//
// Wrong:
//
//	func (s *Store) Load(ctx context.Context) error {
//		rows, err := s.db.Query("SELECT …")
//		…
//	}
//
// Right:
//
//	func (s *Store) Load(ctx context.Context) error {
//		rows, err := s.db.QueryContext(ctx, "SELECT …")
//		…
//	}
//
// net/smtp and net/rpc have no limit either, and take no context: a connection with a
// deadline is made before. context.Background is no context in this sense: it never ends.
//
// Reported are such calls where a context is at hand, as a parameter that is not passed
// on, or that of a request, or one whose end the loop around waits for; those of network
// clients on the way of a stop (in methods named Stop, Close, Shutdown, and what only
// these call); those of a database in a loop, or in a package that imports the driver of a
// database server, or in a function that a request handler of the package calls; those of
// other modules that have a variant with a context beside them, where one is at hand; commands
// that write their output to the answer of a request, and those of a user that are run for
// each value of a channel; dials and http.Get and the like, which have no limit at all,
// also where a client of net/http has no Timeout; and calls of other modules' clients that
// send or lock something, have a response of HTTP as a result, or are a gRPC method, with
// context.Background. In packages that are not of a command line, commands that the user
// of the program has configured are reported as well: nobody knows how long they take.
//
// A client of net/http that only limits its dial has no limit for the answer; those that other
// packages of the module make are known by what these packages do. Libraries of which it is
// known that they set no limit are taken as such, and dials that have a variant with a time
// limit beside them.
//
// A context that never ends is one as well where it goes through functions, and through the
// interfaces of a package whose types all wait: what hands its context on to what waits is
// reported where context.Background comes in, or, where that is in more than one place of the
// package, the request that they wait for; on the way of a stop, and in a loop that a stop
// waits for, also where an interface of the program takes it most of whose methods take one,
// or a part of such an interface; context.TODO also where a context is at hand; looks for names
// in a loop that goes on; and methods that give one of the same name context.Background in
// place of the context that they were given. A context with a cancel function that nobody has
// yet never ends for the call before that, and a context that a function makes of one that
// never ends, and returns alone, has a value more and no end.
//
// Clients of Kubernetes, Docker, Azure, AWS and the like have no time limit of their own, unless
// the package gives them a client of HTTP that has one, or sets a Timeout of theirs.
//
// Reads of an answer, and handshakes of TLS, are reported where the function has dialled within
// a time limit, which does not hold for what is read, and sets no deadline; and those of a websocket's messages that
// nothing ends with the context at hand.
//
// Reported is as well what waits for a client that a listener of net has just accepted, if
// no deadline is set on the way to it: reads and handshakes in the loop that accepts, or in
// a method Accept, where one client that sends nothing keeps all others out; and handshakes
// of TLS and SSH servers in a goroutine of their own. Neither package limits these. A server
// of net/http does, by its ReadHeaderTimeout; whoever does without one sets a deadline.
//
// Not reported are calls with a time limit in sight, commands on the program's own
// terminal, requests to a constant address of this machine, those in tests, examples,
// migrations, main and init, and those in functions that make a context of their own from
// nothing, which mean to go on. Of accepted connections, those from this machine only are
// not, nor reads in a goroutine of their own, nor what a listener or a wrapper of another
// package may limit.
//
// To switch it off for one line: //quiesce:ignore blockingcall reason
package blockingcall
