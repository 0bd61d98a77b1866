// SPDX-License-Identifier: Apache-2.0

// Package killself defines an analyzer that reports tests that send a deadly signal to
// their own process.
//
// # Analyzer killself
//
// killself: report tests that send their own process a signal that nobody has registered yet
//
// A signal that nobody has registered ends the test binary: no test after this one runs,
// and no failure is reported but the signal itself. If the handler is registered by a
// goroutine that the test has just started it is a race, which a time.Sleep only makes
// rarer: on a loaded machine the signal comes first.
//
// Wrong:
//
//	go run(ctx) // calls signal.Notify
//	time.Sleep(100 * time.Millisecond)
//	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
//
// Right: register the signal in the test too, so that it never has its default action
//
//	guard := make(chan os.Signal, 1)
//	signal.Notify(guard, syscall.SIGTERM)
//	defer signal.Stop(guard)
//	go run(ctx)
//
// or run the program in a process of its own, or give the code its signals through a
// channel.
//
// Not reported: signals that do not end a Go program (SIGUSR1, signal 0); tests that
// register a signal before, themselves or by a function that they call, or that wait for
// the goroutine by anything else than a sleep; tests that are their own child process,
// which ask the environment; helpers, and methods of test suites.
//
// To switch it off for one line: //quiesce:ignore killself reason
package killself
