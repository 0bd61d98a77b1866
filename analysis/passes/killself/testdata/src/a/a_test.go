// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"app"
)

func TestNobody(t *testing.T) {
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM) // want "the test sends its own process a signal that nobody has registered: the test binary dies here"
}

func TestProcess(t *testing.T) {
	p, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	p.Signal(os.Interrupt) // want "nobody has registered"
}

func TestRace(t *testing.T) {
	go app.Run()
	time.Sleep(100 * time.Millisecond)
	pid := os.Getpid()
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil { // want "a goroutine may not have registered yet: then the test binary dies here"
		t.Fatal(err)
	}
}

func TestRaceInLiteral(t *testing.T) {
	done := make(chan struct{})
	go func() {
		app.Run()
		close(done)
	}()
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM) // want "a goroutine may not have registered yet"
	<-done
}

func TestSigkill(t *testing.T) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	syscall.Kill(syscall.Getpid(), syscall.SIGKILL) // want "SIGKILL to its own process"
}

func TestRegistered(t *testing.T) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	defer signal.Stop(c)
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	<-c
}

func TestGuarded(t *testing.T) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go app.Run()
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	<-ctx.Done()
}

func TestStarted(t *testing.T) {
	done := app.Start()
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	<-done
}

func TestSynchronized(t *testing.T) {
	ready := make(chan struct{})
	go func() {
		close(ready)
		app.Run()
	}()
	<-ready
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
}

func TestKillInGoroutine(t *testing.T) {
	go func() {
		time.Sleep(time.Second)
		syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	}()
	app.Run()
}

func TestHarmless(t *testing.T) {
	syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
	syscall.Kill(syscall.Getpid(), syscall.Signal(0))
}

func TestOther(t *testing.T) {
	syscall.Kill(4711, syscall.SIGTERM)
}

func TestChild(t *testing.T) {
	if os.Getenv("CHILD") != "" {
		syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	}
	exec.Command(os.Args[0]).Run()
}

func TestThroughValue(t *testing.T) {
	var start func() = nil
	start()
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
}
