// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64) && !quiesce_nosender

package sender

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// openTerminal returns both ends of a new pseudo-terminal.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("needs pseudo-terminals:", err)
	}
	t.Cleanup(func() { keyboard.Close() })
	var locked, number int32
	for request, arg := range map[uintptr]*int32{syscall.TIOCSPTLCK: &locked, syscall.TIOCGPTN: &number} {
		if err := errnoOf(syscall.RawSyscall(syscall.SYS_IOCTL, keyboard.Fd(), request, uintptr(unsafe.Pointer(arg)))); err != nil {
			t.Skip("needs pseudo-terminals:", err)
		}
	}
	terminal, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("needs pseudo-terminals:", err)
	}
	return keyboard, terminal
}

func TestSenderIsTheTerminal(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	c := emulated(quiescetest.Child(t, "terminal"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stdin = terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("needs a controlling terminal:", err)
	}
	terminal.Close()
	lines := bufio.NewScanner(out)
	await := func(want string) {
		t.Helper()
		if lines.Scan(); lines.Text() != want {
			t.Fatalf("%q, want %q", lines.Text(), want)
		}
	}
	await("ready")
	if _, err := keyboard.Write([]byte{'C' - '@'}); err != nil {
		t.Fatal(err)
	}
	await("SIGINT from the terminal")
	if err := keyboard.Close(); err != nil {
		t.Fatal(err)
	}
	await("SIGHUP from the terminal")
	cancel()
	_ = cmd.Wait() // killed
}
