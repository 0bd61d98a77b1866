// SPDX-License-Identifier: Apache-2.0

// Package errgroupwait defines an analyzer that reports an errgroup whose Wait is
// missing, or whose context is used when it is over.
//
// # Analyzer errgroupwait
//
// errgroupwait: report an errgroup without Wait, and uses of its context that come too late
//
// The context of errgroup.WithContext is cancelled "the first time a function passed to
// Go returns a non-nil error or the first time Wait returns, whichever occurs first" (see
// https://pkg.go.dev/golang.org/x/sync/errgroup#WithContext). Work that begins after Wait
// with this context fails at once. Its Err, returned in place of the error of Wait, is
// always "context canceled", whatever went wrong; and without Wait the goroutines run on
// when the function has returned.
//
// Wrong:
//
//	g, ctx := errgroup.WithContext(ctx)
//	g.Go(func() error { return fetch(ctx) })
//	if err := g.Wait(); err != nil {
//		return err
//	}
//	return store(ctx) // always cancelled
//
// Right:
//
//	g, gctx := errgroup.WithContext(ctx)
//	g.Go(func() error { return fetch(gctx) })
//	if err := g.Wait(); err != nil {
//		return err
//	}
//	return store(ctx)
//
// Not reported: values of the context, and what is logged with it, after Wait; a group
// that is given away; contexts made anew.
//
// To switch it off for one line: //quiesce:ignore errgroupwait reason
package errgroupwait
