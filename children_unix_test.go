// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiesce_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce"
)

// unixChildren are programs that need signals or file descriptors.
var unixChildren = map[string]func(){
	"naive":  childNaive,
	"sender": childSender,
	"locks":  childLocks,
	"asked":  childAsked,
	"sent":   childSent,
}

// childNaive links the package and never calls Main.
func childNaive() {
	quiesce.New("naive").Add("server", quiesce.Component{Run: runUntilAsked})
	childSays("ready %d", os.Getpid())
	<-stdinEnded()
}

// childSender sends a mix of signals: process id, how many, which.
func childSender() {
	pid, err1 := strconv.Atoi(os.Args[1])
	n, err2 := strconv.Atoi(os.Args[2])
	if err1 != nil || err2 != nil {
		os.Exit(2)
	}
	mixes := map[string][]syscall.Signal{
		"gentle": {syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGHUP},
		"rough":  {syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGINT},
	}
	mix := mixes[os.Args[3]]
	for i := range n {
		if syscall.Kill(pid, mix[i%len(mix)]) != nil {
			break
		}
	}
	childSays("sent")
}

// childAsked asks itself for its state over and over, and says how many
// goroutines that has left.
func childAsked() {
	f := parseChildFlags()
	app := quiesce.New("asked", f.options()...)
	app.Add("asker", quiesce.Component{Run: func(ctx context.Context) error {
		before := runtime.NumGoroutine()
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		for range 100 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			<-c
		}
		childSays("more goroutines: %d", runtime.NumGoroutine()-before)
		return runUntilAsked(ctx)
	}})
	childSays("ready %d", os.Getpid())
	os.Exit(app.Main())
}

// childLocks has a Drain that takes hold of everything it can, so that whoever
// needs a lock on the way out waits for ever. It prints through a copy of
// standard output, which is then as stuck as standard error.
func childLocks() {
	logged := flag.Bool("logger", false, "")
	flag.Parse()
	var lock sync.Mutex
	lock.Lock() // for ever
	stuck := quiesce.SinkFunc(func(r quiesce.Record) { lock.Lock() })
	opts := []quiesce.Option{
		quiesce.Interactive(), quiesce.WithGracePeriod(2 * time.Minute), quiesce.WithForceGrace(time.Minute), quiesce.WithSink(stuck),
	}
	if *logged {
		opts = append(opts, quiesce.WithLogger(slog.New(slog.NewTextHandler(lockedWriter{&lock}, nil))))
	}
	app := quiesce.New("locks", opts...)
	out := plugStdout()
	hold := func(context.Context) error {
		holdEverything(app, &lock)
		fmt.Fprintln(out, "holding")
		lock.Lock()
		return nil
	}
	app.Add("holder", quiesce.Component{Drain: hold, Stop: hold, Force: func() { lock.Lock() }}, quiesce.Critical(time.Second))
	app.Add("clinger", quiesce.Component{Run: func(ctx context.Context) error {
		<-quiesce.WorkContext(ctx).Done()
		fmt.Fprintln(out, "hurried")
		lock.Lock()
		return nil
	}})
	go func() {
		<-app.Reached(quiesce.StateRunning)
		fmt.Fprintln(out, "ready", os.Getpid())
	}()
	os.Exit(app.Main())
}

// plugStdout puts a pipe that nobody reads in the place of standard output, and
// returns what was there.
func plugStdout() io.Writer {
	old, err1 := syscall.Dup(1)
	var pipe [2]int
	err2 := syscall.Pipe(pipe[:])
	replace, err3 := syscall.Dup(pipe[1])
	if err1 != nil || err2 != nil || err3 != nil || dup2(replace, 1) != nil {
		os.Exit(2)
	}
	return os.NewFile(uintptr(old), "stdout")
}

// A lockedWriter writes when it has got the lock.
type lockedWriter struct{ lock *sync.Mutex }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	return len(p), nil
}

// holdEverything returns when goroutines hold, or keep fighting for, whatever
// a program can hold.
func holdEverything(app *quiesce.App, lock *sync.Mutex) {
	forever := func(f func()) {
		go func() {
			for {
				f()
			}
		}()
	}
	big := make([]byte, 1<<20)
	forever(func() { _, _ = os.Stdout.Write(big) }) // the files' own locks
	forever(func() { _, _ = os.Stderr.Write(big) })
	log.SetOutput(lockedWriter{lock})
	forever(func() { log.Print("stuck") }) // that of the log package
	slog.SetDefault(slog.New(slog.NewTextHandler(lockedWriter{lock}, nil)))
	forever(func() { slog.Info("stuck") })
	forever(runtime.GC) // the world
	forever(func() { _ = append(big[:len(big):len(big)], 0) })
	forever(func() { _ = pprof.Lookup("goroutine").WriteTo(io.Discard, 1) })
	forever(func() { app.Report() })
	forever(func() { app.Shutdown(errChildBroken) })
	go func() {
		runtime.LockOSThread()
		syscall.ForkLock.Lock()
		lock.Lock()
	}()
	runtime.Gosched()
}
