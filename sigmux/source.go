// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"os"
	"os/signal"
)

// A Source is where signals come from: the operating system ([OS]), a test
// ([Fake]), the host of a guest runtime. One that knows who sent its signals is
// an [Attributor] too.
//
// Its methods are called one at a time by one [Mux] or context, but several of
// these may share a Source, so it must be safe for concurrent use. They must
// not call back into the Mux. The signals are compared with ==.
type Source interface {
	// Notify sends each of sigs that arrives to c, until Stop. It never blocks
	// on c: what finds c full is dropped. At least one signal is named.
	Notify(c chan<- os.Signal, sigs ...os.Signal)

	// Stop ends every Notify for c. When it has returned, nothing more is sent
	// to c. A c that is not registered is no error.
	Stop(c chan<- os.Signal)

	// Ignored reports whether sig is ignored because whoever started the
	// process ignores it. It is asked before sig is taken.
	Ignored(sig os.Signal) bool
}

// OS returns the signals of the operating system, through os/signal. It holds
// no state: all values are the same source. It must not be used inside a
// testing/synctest bubble; a [Fake] can be.
//
// Its Ignored sees what [signal.Ignored] sees: SIGINT and SIGHUP that the
// parent ignored, as long as nobody in the process took them with Notify, and
// what the program itself ignored. For every other signal the Go runtime
// replaces an inherited "ignore" before any Go code runs, and nothing can tell.
func OS() Source { return osSource{} }

type osSource struct{}

func (osSource) Notify(c chan<- os.Signal, sigs ...os.Signal) { signal.Notify(c, sigs...) }
func (osSource) Stop(c chan<- os.Signal)                      { signal.Stop(c) }
func (osSource) Ignored(sig os.Signal) bool                   { return signal.Ignored(sig) }

// leftAlone reports whether sig must not be taken: INT and HUP that are ignored
// on purpose by a parent (nohup, a script's &) stay ignored.
func leftAlone(src Source, sig os.Signal) bool {
	return (sig == os.Interrupt || sig == sigHUP) && src.Ignored(sig)
}
