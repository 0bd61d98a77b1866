// SPDX-License-Identifier: Apache-2.0

package a

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"os/exec"
)

func Die(args ...any) { // want Die:"exits"
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

func Dief(format string, args ...any) { // want Dief:"exits"
	Die(fmt.Sprintf(format, args...))
}

func Either(ok bool) { // want Either:"exits"
	if ok {
		os.Exit(0)
	} else {
		log.Fatal("not ok")
	}
}

func Chosen(n int) { // want Chosen:"exits"
	switch n {
	case 0:
		Die()
	default:
		Dief("%d", n)
	}
}

func Check(err error) { // want Check:"exits on error"
	if err != nil {
		Die(err)
	}
}

func CheckEarly(err error) { // want CheckEarly:"exits on error"
	if err == nil {
		return
	}
	log.Fatal(err)
}

var Leave = os.Exit // want Leave:"exits"

func Left() { Leave(1) } // want Left:"exits"

type T struct {
	w   *bufio.Writer
	cmd *exec.Cmd
	f   *os.File
}

func (t *T) Flush() error { return t.w.Flush() } // want Flush:"cleans: what is buffered is lost"

func (t *T) Close() error { // want Close:"cleans: the child process lives on"
	if err := t.f.Close(); err != nil {
		return err
	}
	t.kill()
	return nil
}

func (t *T) kill() { t.cmd.Process.Kill() }

func Fatalf(format string, args ...any) { // want Fatalf:"exits"
	write("fatal", fmt.Sprintf(format, args...))
}

func Errorf(format string, args ...any) { write("error", fmt.Sprintf(format, args...)) }

func write(level, msg string) {
	fmt.Fprintln(os.Stderr, level, msg)
	if level == "fatal" {
		os.Exit(1)
	}
}

type Logger struct{}

// It goes on.
func (Logger) Fatal(msg string) { fmt.Println(msg) }

// They may return.
func Sometimes(n int) {
	if n > 0 {
		os.Exit(n)
	}
}

func Returns(n int) {
	if n > 0 {
		return
	}
	os.Exit(1)
}

func Other(n int, err error) {
	if n > 0 {
		log.Fatal(err)
	}
}

func Later() {
	go os.Exit(1)
	func() { println() }()
}

func Panics() { panic("no") }

// It closes a file, which the kernel does too.
func (t *T) Stop() { t.f.Close() }

// It removes the file for an error only.
func (t *T) Release() {
	if err := t.f.Sync(); err != nil {
		os.Remove(t.f.Name())
	}
}

func fatalIf(err error, s ...any) { // want fatalIf:"exits on error"
	if err != nil {
		Die(append(s, err)...)
	}
}

func dieNow(err error) { // want dieNow:"exits"
	write("fatal", err.Error())
}
