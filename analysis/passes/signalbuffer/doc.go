// SPDX-License-Identifier: Apache-2.0

// Package signalbuffer defines an analyzer that reports channels of signals without a
// buffer.
//
// # Analyzer signalbuffer
//
// signalbuffer: report signal.Notify with a channel that has no room for a signal
//
// os/signal does not wait for whoever receives: a signal that finds nobody in a receive,
// and no room in the channel, is dropped. With an unbuffered channel that is each signal
// which comes while the program starts, or while it is busy with another one; it seems to
// work, because most signals find the program waiting. See the documentation of
// signal.Notify; room for one is enough if one signal means the same as two.
//
// The channel is followed through variables, fields, parameters and functions that
// return it, also into helpers of other packages that call Notify.
//
// Wrong:
//
//	sigs := make(chan os.Signal)
//	signal.Notify(sigs, syscall.SIGTERM)
//
// Right:
//
//	sigs := make(chan os.Signal, 1)
//	signal.Notify(sigs, syscall.SIGTERM)
//
// A channel that is made in the call itself is not reported: nobody can receive from it,
// so it is there to swallow the signal.
//
// To switch it off for one line: //quiesce:ignore signalbuffer reason
package signalbuffer
