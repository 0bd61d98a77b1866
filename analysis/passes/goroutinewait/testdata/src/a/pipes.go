// SPDX-License-Identifier: Apache-2.0

package a

import (
	"bufio"
	"io"
	"os"
	"os/exec"
)

// copied runs a command and copies what it prints.
func copied(name string) error {
	c := exec.Command(name)
	stderr, err := c.StderrPipe()
	if err != nil {
		return err
	}
	go func() { // want `c.Run at line \d+ closes the pipe without waiting for this goroutine`
		_, _ = io.Copy(os.Stderr, stderr)
	}()
	stdout, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	go io.Copy(os.Stdout, stdout) // want `c.Run at line \d+ closes the pipe without waiting for this goroutine`
	return c.Run()
}

// scanned reads lines.
func scanned(c *exec.Cmd) error {
	stdout, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(stdout)
	if err := c.Start(); err != nil {
		return err
	}
	go func() { // want `c.Wait at line \d+ closes the pipe without waiting for this goroutine`
		for lines.Scan() {
			println(lines.Text())
		}
	}()
	return c.Wait()
}

// readAll waits for its goroutine.
func readAll(c *exec.Cmd) error {
	stdout, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(os.Stdout, stdout)
	}()
	if err := c.Start(); err != nil {
		return err
	}
	<-done
	return c.Wait()
}

// here reads itself, and waits for the command in the goroutine.
func here(c *exec.Cmd) {
	stdout, err := c.StdoutPipe()
	if err != nil || c.Start() != nil {
		return
	}
	_, _ = io.Copy(os.Stdout, stdout)
	go func() { _ = c.Wait() }()
}

// fed writes to the command: Wait ends that.
func fed(c *exec.Cmd, in io.Reader) error {
	stdin, err := c.StdinPipe()
	if err != nil {
		return err
	}
	go io.Copy(stdin, in)
	return c.Run()
}

// toldBy has a function of somebody else.
func toldBy(c *exec.Cmd, read func(io.Reader, chan<- error), errs chan error) error {
	stdout, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	go read(stdout, errs)
	if err := c.Start(); err != nil {
		return err
	}
	<-errs
	return c.Wait()
}

// waitsAside waits in a goroutine of its own.
func waitsAside(c *exec.Cmd) (<-chan error, error) {
	stderr, err := c.StderrPipe()
	if err != nil {
		return nil, err
	}
	go func() { // want `c.Wait at line \d+ closes the pipe without waiting for this goroutine`
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			println(lines.Text())
		}
	}()
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	return done, c.Start()
}

// waitsAsideAfter waits for the reader first.
func waitsAsideAfter(c *exec.Cmd) error {
	stderr, err := c.StderrPipe()
	if err != nil {
		return err
	}
	read := make(chan bool)
	go func() {
		defer close(read)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			println(lines.Text())
		}
	}()
	go func() {
		<-read
		_ = c.Wait()
	}()
	return c.Start()
}
