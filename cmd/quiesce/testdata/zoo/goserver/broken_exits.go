// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// short is a grace period that the drill need not wait long for.
var short = []string{"--grace", "500ms"}

// brokenExits do not end as they should, or leave something behind. Their requests are
// all answered.
func brokenExits() []species {
	return []species{
		{
			Name: "no-handler", About: "is ended by the signal itself", Finds: []string{"exit-code"}, URL: overHTTP,
			run: func(z *zoo) int {
				l := z.newLife(nil)
				signal.Reset()
				<-l.leave // never
				return 0
			},
		},
		{
			Name: "ignores-term", About: "takes no notice of SIGTERM", Finds: []string{"exits"}, URL: overHTTP, Flags: short,
			run: func(z *zoo) int {
				l := z.newLife(nil)
				signal.Ignore(syscall.SIGTERM)
				<-l.leave
				return 0
			},
		},
		{
			Name: "exits-late", About: "takes longer than its grace period", Finds: []string{"exits-in-time"}, URL: overHTTP, Flags: short,
			run: after(func() int { time.Sleep(30 * time.Second); return 0 }),
		},
		{Name: "exits-1", About: "exits with 1 after a clean stop", Finds: []string{"exit-code"}, URL: overHTTP, run: after(func() int { return 1 })},
		{
			Name: "panics-last", About: "panics when everything is done", Finds: []string{"exit-code"}, URL: overHTTP,
			run: after(func() int { panic("in a deferred function, say") }),
		},
		{
			Name: "leaks-a-child", About: "leaves a child process", Finds: []string{"no-process-left"}, URL: overHTTP,
			run: before(func(*zoo) { start("sleep", "1000") }),
		},
		{
			Name: "leaks-a-daemon", About: "leaves a process that has left its session", Finds: []string{"no-process-left"}, URL: overHTTP,
			run: before(func(*zoo) { start("sh", "-c", "setsid sleep 1000 &") }),
		},
		{
			Name: "leaks-a-zombie", About: "leaves a process whose child nobody waits for", Finds: []string{"no-zombie-left"}, URL: overHTTP,
			run: before(func(*zoo) { start("sh", "-c", "sleep 0 & exec sleep 1000") }),
		},
		{
			Name: "leaks-its-listener", About: "leaves a child that has its listening socket", Finds: []string{"no-socket-left"}, URL: overHTTP,
			run: func(z *zoo) int {
				l := z.newLife(saysGoodbye)
				f, err := l.ln.(*net.TCPListener).File()
				if err != nil {
					log.Fatal(err)
				}
				c := exec.Command("sleep", "1000")
				c.ExtraFiles = []*os.File{f}
				if err := c.Start(); err != nil {
					log.Fatal(err)
				}
				return aWhile(l)
			},
		},
		{
			Name: "leaves-a-unix-socket", About: "leaves the name of a unix socket", Finds: []string{"no-socket-left"}, URL: overHTTP,
			run: before(func(z *zoo) {
				ln, err := net.Listen("unix", filepath.Join(os.TempDir(), "admin.sock"))
				if err != nil {
					log.Fatal(err)
				}
				ln.(*net.UnixListener).SetUnlinkOnClose(false)
			}),
		},
		{
			Name: "leaves-a-pid-file", About: "leaves its pid file", Finds: []string{"no-file-left"}, URL: overHTTP,
			run: before(func(*zoo) { write("server.pid", strconv.Itoa(os.Getpid())) }),
		},
		{
			Name: "leaves-temp-files", About: "leaves temporary files", Finds: []string{"no-file-left"}, URL: overHTTP,
			run: before(func(*zoo) { write("upload-1", "half") }),
		},
		{
			Name: "deaf-at-start", About: "throws away a signal that comes while it starts", Finds: []string{"at-start"}, URL: overHTTP,
			Flags: append(only("start"), short...),
			run: func(z *zoo) int {
				signal.Ignore(syscall.SIGTERM)
				time.Sleep(100 * time.Millisecond) // migrations
				signal.Reset(syscall.SIGTERM)
				return correct(z)
			},
		},
		{
			Name: "half-started", About: "leaves a child if the signal comes while it starts", Finds: []string{"at-start"}, URL: overHTTP, Flags: only("start"),
			run: func(z *zoo) int {
				c := start("sleep", "1000")
				time.Sleep(100 * time.Millisecond)
				defer c.Process.Kill()
				return correct(z)
			},
		},
		{
			Name: "swallows-the-second", About: "waits without a bound and takes no notice of a second signal", URL: overHTTP,
			Finds: []string{"repeated-signal", "term-then-int"}, Flags: append(only("twice,term_int"), "--grace", "2s"),
			run: byHand(saysGoodbye, func(l *life) int { l.await(); l.shutdown(time.Hour); return 0 }),
		},
		{
			Name: "panics-on-the-second", About: "closes a channel twice when the signal comes twice", URL: overHTTP,
			Finds: []string{"repeated-signal", "term-then-int"}, Flags: append(only("twice,term_int"), "--grace", "2s"),
			run: byHand(saysGoodbye, func(l *life) int {
				l.await()
				go func() {
					for range l.signals {
						close(l.leave)
						close(l.leave)
					}
				}()
				l.shutdown(time.Second)
				return 0
			}),
		},
		{
			Name: "dies-of-hup", About: "is ended by a hangup", Finds: []string{"survives-hup"}, URL: overHTTP, Flags: only("hup"),
			run: byHand(saysGoodbye, func(l *life) int { signal.Reset(syscall.SIGHUP); return aWhile(l) }),
		},
		{
			Name: "dies-of-usr1", About: "is ended by USR1", Finds: []string{"survives-usr1"}, URL: overHTTP, Flags: only("usr1"),
			run: byHand(saysGoodbye, aWhile),
		},
		{
			Name: "behind-a-shell", About: "is never told, because a shell is its parent", Finds: []string{"behind-shell"}, URL: overHTTP,
			Flags: append(only("shell"), short...), run: correct,
		},
	}
}

// after is correct, and then f.
func after(f func() int) func(*zoo) int {
	return func(z *zoo) int {
		correct(z)
		return f()
	}
}

// before is f, and then correct.
func before(f func(*zoo)) func(*zoo) int {
	return func(z *zoo) int {
		f(z)
		return correct(z)
	}
}

func start(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		log.Fatal(err)
	}
	return c
}

func write(name, text string) {
	if err := os.WriteFile(filepath.Join(os.TempDir(), name), []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
}
