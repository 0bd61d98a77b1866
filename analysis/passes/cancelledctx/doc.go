// SPDX-License-Identifier: Apache-2.0

// Package cancelledctx defines an analyzer that reports clean-up with a context that has
// ended already.
//
// # Analyzer cancelledctx
//
// cancelledctx: report the cancelled context reused for Shutdown or clean-up
//
// A program that stops because a context has ended has nothing left of it to stop with.
// Shutdown of net/http returns the context's error at once, and leaves its requests to
// die with the process; an exporter does not send its last batch, a lease is not given
// back. A deadline made of the ended context does not help: it has ended too.
//
// Wrong:
//
//	<-ctx.Done()
//	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
//	defer cancel()
//	srv.Shutdown(ctx)
//
// Right:
//
//	<-ctx.Done()
//	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
//	defer cancel()
//	srv.Shutdown(ctx)
//
// A context has ended behind a receive from its Done, in the case of a select, in the
// function given to context.AfterFunc, and behind a call of its cancel function; also in
// what a function defers that waits so, or that defers the cancel function after it.
// A select that waits for a signal and for a context goes on with either.
//
// Where the context is made by WithCancel or errgroup.WithContext, its parent is no better
// for the stop of a server: it may be what has ended.
//
// What a function defers that makes its context with signal.NotifyContext runs when a signal
// has ended that, and so does the stop of its server.
//
// What counts as clean-up is what is named so, and what asks a database or another server
// for something, also in a function literal, or a function of the package, that is called then
// with the context, or with a field of its receiver that has it, and does not look whether it
// has ended.
//
// It does not report a fresh context: context.Background is right there, and so is
// context.WithoutCancel (Go 1.21). Calls that write to the log, or that ask the context
// what has ended it, are not clean-up.
//
// To switch it off for one line: //quiesce:ignore cancelledctx reason
package cancelledctx
