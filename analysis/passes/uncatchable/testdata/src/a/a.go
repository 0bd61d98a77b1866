// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

var (
	stopping = []os.Signal{os.Interrupt, syscall.SIGTERM}
	wrong    = []os.Signal{os.Interrupt, os.Kill} // want "SIGKILL cannot be taken: signal.Notify for it has no effect"
	last     = syscall.SIGSTOP
	unused   = []os.Signal{os.Kill}
)

func direct(c chan os.Signal) {
	signal.Notify(c, os.Interrupt, os.Kill)        // want "SIGKILL cannot be taken"
	signal.Notify(c, syscall.SIGKILL)              // want "SIGKILL cannot be taken"
	signal.Ignore(syscall.SIGSTOP)                 // want "SIGSTOP cannot be taken: signal.Ignore for it has no effect"
	signal.NotifyContext(context.TODO(), (os.Kill)) // want "SIGKILL cannot be taken: signal.NotifyContext"
}

func innocent(c chan os.Signal, p *os.Process) {
	signal.Notify(c, stopping...)
	signal.Notify(c)
	signal.Notify(c, syscall.SIGTSTP)
	p.Signal(os.Kill)
	syscall.Kill(p.Pid, syscall.SIGKILL)
	signal.Reset(os.Kill)
	for _, s := range unused {
		p.Signal(s)
	}
}

func through(c chan os.Signal) {
	signal.Notify(c, wrong...)
	signal.Notify(c, last) // want "SIGSTOP cannot be taken"
	all := append(stopping, syscall.SIGKILL) // want "SIGKILL cannot be taken"
	signal.Notify(c, all...)
	local := []os.Signal{syscall.SIGHUP}
	local = append(local, os.Kill) // want "SIGKILL cannot be taken"
	signal.Notify(c, local...)
	signal.Notify(c, list()...)
}

func list() []os.Signal {
	return []os.Signal{
		syscall.SIGTERM,
		syscall.SIGKILL, // want "SIGKILL cannot be taken"
	}
}

type notifier struct {
	notify func(chan<- os.Signal, ...os.Signal)
}

func throughField(c chan os.Signal) {
	n := &notifier{notify: signal.Notify}
	n.notify(c, os.Kill) // want "SIGKILL cannot be taken"
}
