// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sigmux

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// dieWait is how long Die gives a signal to end the process. It takes
// microseconds; a thread that is slow to be scheduled may need more.
const dieWait = time.Second

// Die restores the default action of sig, for everyone in the process who took
// it, and sends it to the process itself, so that whoever waits for the process
// sees that it died of sig. Deferred functions do not run.
//
// It returns only if that did not end the process, after a second: sig does not
// kill a Go program (only SIGHUP, SIGINT and SIGTERM are sure to; SIGUSR1, for
// one, does nothing). It returns at once where sig cannot work: if sig is
// ignored, if we are PID 1, on Windows.
func Die(sig os.Signal) {
	s, ok := sig.(syscall.Signal)
	if !ok || os.Getpid() == 1 || signal.Ignored(sig) {
		return
	}
	signal.Reset(sig)
	if syscall.Kill(syscall.Getpid(), s) == nil {
		time.Sleep(dieWait)
	}
}

// uncatchable reports whether no program can take sig.
func uncatchable(sig os.Signal) bool { return sig == syscall.SIGKILL || sig == syscall.SIGSTOP }
