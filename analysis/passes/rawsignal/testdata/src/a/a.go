// SPDX-License-Identifier: Apache-2.0

package a

import (
	"os"
	"os/signal"
	"syscall"
)

func wrong(c chan os.Signal, pid int, p *os.Process) {
	syscall.Kill(pid, 10)                // want "signal 10 is SIGUSR1 on Linux and SIGBUS on macOS and the BSDs: name the one that is meant"
	signal.Notify(c, syscall.Signal(12)) // want "signal 12 is SIGUSR2 on Linux and SIGSYS"
	p.Signal(syscall.Signal(0x11))       // want "signal 17 is SIGCHLD on Linux and SIGSTOP"
	if s := <-c; s == syscall.Signal(30) { // want "signal 30 is SIGPWR on Linux and SIGUSR1"
		return
	}
}

func innocent(c chan os.Signal, pid int, p *os.Process, n int) {
	syscall.Kill(pid, 0)
	syscall.Kill(pid, 15) // want "signal 15 is given by a number: syscall.SIGTERM is its name on every system"
	syscall.Kill(pid, syscall.SIGUSR1)
	syscall.Kill(10, syscall.SIGTERM)
	signal.Notify(c, syscall.Signal(1)) // want "signal 1 is given by a number: syscall.SIGHUP"
	signal.Notify(c, syscall.Signal(34)) // a real-time signal
	signal.Notify(c, syscall.Signal(28)) // SIGWINCH on all
	p.Signal(syscall.Signal(n))
	for s := syscall.Signal(1); s < syscall.Signal(31); s++ {
		signal.Ignore(s)
	}
	const base = syscall.SIGUSR1 + 10
	_ = 128 + int(syscall.SIGUSR1)
	_ = int(syscall.Signal(n)) == 10
}
