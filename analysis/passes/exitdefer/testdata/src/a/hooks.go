// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log"
	"os"
)

var atExit []func()

// leave runs what was registered, and what is deferred beside is only for the usual way.
func leave(code int) {
	for _, f := range atExit {
		f()
	}
	os.Exit(code)
}

func leaveBackwards(code int) {
	for i := len(atExit) - 1; i >= 0; i-- {
		atExit[i]()
	}
	os.Exit(code)
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	leave(1)
}

type program struct{ hooks []func() }

func (p *program) fatal(err error) {
	for _, hook := range p.hooks {
		hook()
	}
	os.Exit(1)
}

func registered(p *program) {
	remove := func() { os.Remove(pidFile) }
	atExit = append(atExit, remove)
	p.hooks = append(p.hooks, remove)
	defer os.Remove(pidFile)
	if err := serve(); err != nil {
		fatal(err)
	}
	if err := serve(); err != nil {
		p.fatal(err)
	}
	if err := serve(); err != nil {
		leaveBackwards(2)
	}
}

// Nothing can be registered with it.
func leaveAfter(steps []func()) {
	for _, f := range steps {
		f()
	}
	os.Exit(1)
}

func unregistered() {
	defer os.Remove(pidFile)
	if err := serve(); err != nil {
		leaveAfter(nil) // want `leaveAfter skips the deferred os.Remove of line 67: the file stays behind`
	}
}

// Its name says that it exits, before its code is looked at.
func Fatal(err error) {
	fatal(err)
}

func named() {
	defer os.Remove(pidFile)
	if err := serve(); err != nil {
		Fatal(err)
	}
}

// What is removed before the defer is what an earlier run has left.
func unpack(dir string) {
	os.RemoveAll(dir)
	defer os.RemoveAll(dir)
	if err := serve(); err != nil {
		log.Fatal(err) // want `log.Fatal skips the deferred os.RemoveAll of line \d+: the file stays behind`
	}
	if err := serve(); err != nil {
		os.RemoveAll(dir)
		log.Fatal(err)
	}
}
