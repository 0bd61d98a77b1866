// SPDX-License-Identifier: Apache-2.0

package target

import (
	"fmt"
	"strings"
	"syscall"
)

// signalNames are the signals that a drill sends and that end processes.
var signalNames = map[syscall.Signal]string{
	syscall.SIGHUP:   "SIGHUP",
	syscall.SIGINT:   "SIGINT",
	syscall.SIGQUIT:  "SIGQUIT",
	syscall.SIGILL:   "SIGILL",
	syscall.SIGTRAP:  "SIGTRAP",
	syscall.SIGABRT:  "SIGABRT",
	syscall.SIGBUS:   "SIGBUS",
	syscall.SIGFPE:   "SIGFPE",
	syscall.SIGKILL:  "SIGKILL",
	syscall.SIGUSR1:  "SIGUSR1",
	syscall.SIGSEGV:  "SIGSEGV",
	syscall.SIGUSR2:  "SIGUSR2",
	syscall.SIGPIPE:  "SIGPIPE",
	syscall.SIGALRM:  "SIGALRM",
	syscall.SIGTERM:  "SIGTERM",
	syscall.SIGCONT:  "SIGCONT",
	syscall.SIGSTOP:  "SIGSTOP",
	syscall.SIGTSTP:  "SIGTSTP",
	syscall.SIGXCPU:  "SIGXCPU",
	syscall.SIGXFSZ:  "SIGXFSZ",
	syscall.SIGWINCH: "SIGWINCH",
	syscall.SIGSYS:   "SIGSYS",
}

// SignalName returns the name of a signal as it is written in reports: "SIGTERM".
func SignalName(s syscall.Signal) string {
	if name, ok := signalNames[s]; ok {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}

// ParseSignal returns the signal of a name, with or without SIG, in any case.
func ParseSignal(name string) (syscall.Signal, error) {
	full := strings.ToUpper(name)
	if !strings.HasPrefix(full, "SIG") {
		full = "SIG" + full
	}
	for s, n := range signalNames {
		if n == full {
			return s, nil
		}
	}
	return 0, fmt.Errorf("no signal is called %q", name)
}
