// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// brokenLeftovers leave something behind. Their requests are all answered.
func brokenLeftovers() []species {
	return []species{
		{
			Name: "leaks-a-child", About: "leaves a child process", Finds: []string{"no-process-left"}, URL: overHTTP,
			run: before(func(*zoo) { start("sleep", "1000") }),
		},
		{
			Name: "leaks-a-daemon", About: "leaves a process that has left its session", Finds: []string{"no-process-left"}, URL: overHTTP,
			run: before(func(*zoo) { _ = start("sh", "-c", "setsid sleep 1000 &").Wait() }),
		},
		{
			Name: "leaks-a-zombie", About: "leaves a process whose child nobody waits for", URL: overHTTP,
			Finds: []string{"no-zombie-left"}, Also: []string{"no-process-left"},
			run: before(func(*zoo) { start("sh", "-c", "sleep 0 & exec sleep 1000") }),
		},
		{
			Name: "leaks-its-listener", About: "leaves a child that has its listening socket", URL: overHTTP,
			Finds: []string{"no-socket-left"}, Also: append([]string{"no-process-left", "live-throughout"}, anyLost...),
			Flags: slices.Concat(delayed, []string{"--grace", "1s"}),
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
				return careful(l)
			},
		},
		{
			Name: "leaves-a-unix-socket", About: "leaves the name of a unix socket", Finds: []string{"no-socket-left"}, URL: overHTTP,
			run: before(func(*zoo) {
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
	}
}

// before is f, and then correct.
func before(f func(*zoo)) func(*zoo) int {
	return func(z *zoo) int {
		f(z)
		return correct(z)
	}
}

// start starts a child in a process group of its own.
func start(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		log.Fatal(err)
	}
	return c
}

// end ends a child.
func end(c *exec.Cmd) {
	_ = c.Process.Kill()
	_ = c.Wait() // it was killed
}

func write(name, text string) {
	if err := os.WriteFile(filepath.Join(os.TempDir(), name), []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
}
