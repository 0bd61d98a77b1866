// SPDX-License-Identifier: Apache-2.0

//go:build unix

package ctxio_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// child is what a child process does. If the mode is two words, it has a child of
// its own, whose mode is the second.
func child(mode string) int {
	mode, grandchild, _ := strings.Cut(mode, " ")
	if grandchild != "" {
		spawn(grandchild)
	}
	terminated := make(chan os.Signal, 1)
	switch mode {
	case "exit0": // at once
		return 0
	case "exit3":
		fmt.Println("has failed")
		return 3
	case "dies": // of SIGTERM
		fmt.Println("ready")
		time.Sleep(lifetime)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(lifetime)
	case "graceful": // takes a moment, and exits with 0
		signal.Notify(terminated, syscall.SIGTERM)
		fmt.Println("ready")
		<-terminated
		time.Sleep(100 * time.Millisecond)
		fmt.Println("has finished")
		return 0
	case "stopped": // must be told to go on before it can end
		fmt.Println("ready")
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		time.Sleep(lifetime)
	case "relay": // is never there when one looks
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		spawn("relay")
		return 0
	case "leaves": // leaves somebody who holds the output
		return 0
	}
	return 9
}

// lifetime is for children that a failed test has forgotten.
const lifetime = 2 * patience

// spawn starts a grandchild, which holds what a child holds. A daemon leaves the
// process group.
func spawn(mode string) {
	mode, daemon := strings.CutPrefix(mode, "daemon:")
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childMode+"="+mode)
	c.Stdout, c.Stderr, c.ExtraFiles = os.Stdout, os.Stderr, []*os.File{os.NewFile(3, "life")}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: daemon}
	if err := c.Start(); err != nil {
		fmt.Println("spawn:", err)
		return
	}
	fmt.Println("spawned", c.Process.Pid)
}
