// SPDX-License-Identifier: Apache-2.0

//go:build unix

package measure

import (
	"syscall"
	"time"
)

// CPU returns the processor time that the process has used so far, in user and
// system mode, the garbage collector included. It first gives idle threads time
// to go to sleep: the kernel accounts for a thread that runs on another core
// only at its next tick.
func CPU() time.Duration {
	time.Sleep(settle)
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// settle is how long the scheduler's threads look for work before they sleep,
// several times over.
const settle = time.Millisecond

// Switches returns how often the process has given up a processor by itself.
func Switches() int64 { return int64(usage().Nvcsw) }

func usage() (u syscall.Rusage) {
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // only for a bad argument
	}
	return u
}
