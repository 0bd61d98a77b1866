// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sync"

	"a/helper"
)

var die = func(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func local() {
	fatal := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	check := func(err error) {
		if err != nil && !errors.Is(err, io.EOF) {
			fatal(err)
		}
	}
	defer os.Remove(pidFile)
	if err := serve(); err != nil {
		fatal(err) // want `fatal skips the deferred os.Remove`
	}
	if err := serve(); err != nil {
		die(err) // want `die skips the deferred os.Remove`
	}
	check(serve()) // want `check skips the deferred os.Remove`
}

// Not all that it is set to exits.
func replaced(test bool) {
	fatal := func(err error) { log.Fatal(err) }
	if test {
		fatal = func(err error) { panic(err) }
	}
	defer os.Remove(pidFile)
	fatal(serve())
}

func recursive() {
	var even, odd func(n int)
	even = func(n int) { odd(n - 1) }
	odd = func(n int) { even(n - 1) }
	defer even(4)
	even(3)
	os.Exit(1)
}

type app struct {
	exit func(int)
	log  func(...any)
}

func newApp() *app { return &app{exit: os.Exit, log: log.Println} }

func (a *app) run() {
	defer os.Remove(pidFile)
	if err := serve(); err != nil {
		a.log(err)
		a.exit(1) // want `a.exit skips the deferred os.Remove`
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Println("cannot go on")
		fmt.Println(err)
		os.Exit(1)
	}
	return v
}

func generic() {
	defer os.Remove(pidFile)
	must(os.Open("a")) // want `must skips the deferred os.Remove`
}

// An own interface, whose logger is of another package.
type logger interface {
	Infof(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

type quietLogger interface {
	Infof(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalln(args ...any)
}

func byOwnInterface(l logger, q quietLogger) {
	defer os.Remove(pidFile)
	q.Fatalln("goes on")
	l.Fatalf("no") // want `l.Fatalf skips the deferred os.Remove`
}

var _ logger = helper.Printer{}

func waits(work chan int) {
	var wg sync.WaitGroup
	defer wg.Wait()
	if err := serve(); err != nil {
		log.Fatal(err) // nothing runs yet
	}
	wg.Add(1)
	go func() {
		defer wg.Done()
		for range work {
		}
	}()
	if err := serve(); err != nil {
		log.Fatal(err) // want `log.Fatal skips the deferred wg.Wait of line \d+: the goroutines that it waits for are cut off`
	}
}

func waitsForEnd() {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		<-stop
	}()
	defer func() {
		close(stop)
		<-done
	}()
	if err := serve(); err != nil {
		log.Fatal(err) // want `log.Fatal skips the deferred function of line \d+: the goroutines that it waits for are cut off`
	}
}

func cleanUpLater(dir string) {
	var cleanup func()
	if dir == "" {
		cleanup = func() {}
	} else {
		cleanup = func() { os.RemoveAll(dir) }
	}
	defer cleanup()
	if err := serve(); err != nil {
		log.Fatal(err) // want `log.Fatal skips the deferred cleanup of line \d+: the file stays behind`
	}
}

func workers() {
	w := helper.NewWorkers()
	defer w.Stop()
	if err := serve(); err != nil {
		log.Fatal(err) // it does not run yet
	}
	w.Start()
	if err := serve(); err != nil {
		log.Fatal(err) // want `log.Fatal skips the deferred w.Stop of line \d+: the goroutines that it waits for are cut off`
	}
}
