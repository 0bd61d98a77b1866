// SPDX-License-Identifier: Apache-2.0

package a

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

const term = syscall.SIGTERM

// monitor starts its child again, until a signal comes.
func monitor(name string) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, term) // want "nobody receives it while the end of the child that was told is waited for without a bound"
	restart := make(chan os.Signal, 1)
	hup := syscall.Signal(1)
	signal.Notify(restart, hup)
	for {
		cmd := exec.Command(name)
		if err := cmd.Start(); err != nil {
			return
		}
		exit := make(chan error)
		go func() { exit <- cmd.Wait() }()
		var err error
		stopped := false
		select {
		case <-stop:
			cmd.Process.Signal(term)
			err = <-exit
			stopped = true
		case <-restart:
			cmd.Process.Signal(hup)
			err = <-exit
		case err = <-exit:
		}
		if err != nil || stopped {
			os.Exit(1)
		}
	}
}

func monitorInTime(cmd *exec.Cmd, exit chan error) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
	cmd.Process.Signal(term)
	select {
	case <-exit:
	case <-time.After(time.Second):
		cmd.Process.Kill()
	}
}

// relay passes every signal on.
func relay(cmd *exec.Cmd) error {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		for s := range c {
			cmd.Process.Signal(s)
		}
	}()
	return cmd.Wait()
}

func killed(cmd *exec.Cmd) error {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
	cmd.Process.Kill()
	return cmd.Wait()
}
