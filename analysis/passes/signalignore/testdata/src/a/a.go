// SPDX-License-Identifier: Apache-2.0

package a

import (
	"os"
	"os/signal"
	"syscall"
)

var needed = []os.Signal{syscall.SIGTERM, syscall.SIGHUP}

func ignoring() {
	signal.Ignore()                                // want "signal.Ignore without a list ignores every signal"
	signal.Ignore(syscall.SIGTERM)                 // want "SIGTERM is ignored: whoever stops the program waits"
	signal.Ignore(os.Interrupt, syscall.SIGTERM)   // want "SIGTERM is ignored"
	signal.Ignore(needed...)                       // want "SIGTERM is ignored"
	signal.Ignore(syscall.SIGCHLD)                 // want "SIGCHLD is ignored: the kernel reaps children itself"
}

func innocent() {
	signal.Ignore(syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE)
	signal.Ignore(os.Interrupt)
	signal.Reset(syscall.SIGUSR1)
}

func undo() {
	signal.Ignore(syscall.SIGHUP)
	defer func() {
		signal.Reset(syscall.SIGHUP) // want "signal.Reset does not undo signal.Ignore: SIGHUP stays ignored"
	}()
}

func jobControl() func() {
	signal.Ignore(syscall.SIGTTOU)
	return func() { signal.Reset(syscall.SIGTTOU) }
}

func undoRight(c chan os.Signal) {
	signal.Ignore(syscall.SIGQUIT)
	signal.Notify(c, syscall.SIGQUIT)
	signal.Reset(syscall.SIGQUIT)
}

func fromEverybody(c chan os.Signal) {
	signal.Reset()                     // want "signal.Reset in a library takes the signals from every channel of the process"
	signal.Reset(os.Interrupt)         // want "signal.Reset in a library"
	signal.Stop(c)
}
