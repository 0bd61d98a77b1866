// SPDX-License-Identifier: Apache-2.0

package helper

import (
	"os"
	"os/signal"
	"syscall"
)

func Register(c chan os.Signal) { // want Register:"installs, notifies 0"
	signal.Notify(c, syscall.SIGTERM)
}

func Give(name string, c chan os.Signal) { // want Give:"stops 1"
	signal.Stop(c)
	_ = name
}

func Through(c chan os.Signal) { Register(c) } // want Through:"installs, notifies 0"

func InGoroutine() { // starts, and returns at once
	go Ignore()
}

func Ignore() { // want Ignore:"installs"
	signal.Ignore(syscall.SIGTERM)
}

// Ask has the signals for as long as it waits for an answer.
func Ask(prompt string) (string, error) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT)
	defer signal.Stop(c)
	return prompt, nil
}

func Serve() error { // want Serve:"installs"
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT)
	defer signal.Stop(c)
	<-c
	return nil
}

func Nothing() {}

func hidden(c chan os.Signal) { signal.Notify(c) }
