// SPDX-License-Identifier: Apache-2.0

// Package shutdownbound defines an analyzer that reports graceful stops without a bound.
//
// # Analyzer shutdownbound
//
// shutdownbound: report Shutdown with a context that never ends, and GracefulStop without a way out
//
// Shutdown of net/http waits until the last connection is idle, and GracefulStop of grpc
// until the last call is over. One client that reads slowly, one stream that stays open
// by design (server-sent events, a watch), and the stop takes until the platform's grace
// period is over and the process is killed: everything that would come after it in the
// stop never happens.
//
// Wrong:
//
//	<-stop
//	srv.Shutdown(context.Background())
//	db.Close()
//
// Right:
//
//	<-stop
//	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
//	defer cancel()
//	if err := srv.Shutdown(ctx); err != nil {
//		srv.Close()
//	}
//	db.Close()
//
// For grpc, which has no context there:
//
//	t := time.AfterFunc(20*time.Second, srv.Stop)
//	defer t.Stop()
//	srv.GracefulStop()
//
// A select with time.After right behind such a stop does not help: its time begins only
// when the stop is over.
//
// It does not report a Shutdown in a goroutine that tells nobody when it is over, which
// holds nothing up (see shutdownwait), and a stop beside which something forces the end:
// a timer, a select with another way out, a Stop or Close of the same server elsewhere. A
// context that comes from elsewhere is taken to be bounded; helpers and function literals
// that give their context on to Shutdown are reported where they are called.
//
// To switch it off for one line: //quiesce:ignore shutdownbound reason
package shutdownbound
