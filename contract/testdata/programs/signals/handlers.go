// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// A sigaction is struct sigaction as the kernels of amd64 and arm64 have it.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

func action(sig int) (sa sigaction, ok bool) {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&sa)), 8, 0, 0)
	return sa, errno == 0 && sa.handler > 1 // neither SIG_DFL nor SIG_IGN
}

// actions looks at every handler that the runtime has installed.
func actions() {
	onStack, info, restart, all := true, true, true, true
	handlers, entry, restorer := 0, uintptr(0), uintptr(0)
	entries := map[uintptr]bool{}
	for sig := 1; sig < firstRealTime; sig++ {
		sa, ok := action(sig)
		if !ok {
			continue
		}
		handlers++
		entries[sa.handler] = true
		entry, restorer = sa.handler, sa.restorer
		onStack = onStack && sa.flags&0x08000000 != 0
		info = info && sa.flags&0x4 != 0
		restart = restart && sa.flags&0x10000000 != 0
		all = all && sa.mask|kernelKeepsOpen == ^uint64(0)
	}
	tell("handlers", handlers)
	tell("entries", len(entries))
	tell("entry", entry)
	tell("restorer", restorer)
	tell("SA_ONSTACK", onStack)
	tell("SA_SIGINFO", info)
	tell("SA_RESTART", restart)
	tell("all blocked in the handler", all)
}

// firstRealTime is SIGRTMIN of the kernel: that and the next the C library keeps
// to itself, with handlers of its own.
const firstRealTime = 32

// kernelKeepsOpen are SIGKILL and SIGSTOP, and 32 and 33, which the C library
// takes out of every mask.
const kernelKeepsOpen = 1<<(9-1) | 1<<(19-1) | 1<<(32-1) | 1<<(33-1)

// An altstack is stack_t.
type altstack struct {
	base  uintptr
	flags int32
	size  uintptr
}

const disabled = 2 // SS_DISABLE

func thisAltstack() (s altstack) {
	_, _, errno := syscall.RawSyscall(syscall.SYS_SIGALTSTACK, 0, uintptr(unsafe.Pointer(&s)), 0)
	if errno != 0 {
		panic(errno)
	}
	return s
}

// stacks has every thread send itself a signal, and looks for its frame on the
// alternate stack.
func stacks() {
	var mu sync.Mutex
	enabled, found, sizes := true, true, map[uintptr]bool{}
	onThreads(4, func() {
		s := thisAltstack()
		mu.Lock()
		defer mu.Unlock()
		enabled = enabled && s.flags&disabled == 0
		sizes[s.size] = true
		sendMarked()
		found = found && s.hasMark()
	})
	tell("enabled", enabled)
	tell("frame found", found)
	tell("32 KiB", len(sizes) == 1 && sizes[32<<10])
}

// marked is a siginfo_t for SIGUSR1 from rt_tgsigqueueinfo(2), with a value that
// is nowhere else: the kernel copies it into the frame of the handler.
var marked = struct {
	signo, errno, code, pad int32
	pid, uid                int32
	value                   uint64
	rest                    [96]byte
}{signo: 10, code: -1, value: 0x51756965736365<<8 | 0x21}

func sendMarked() {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_TGSIGQUEUEINFO, uintptr(os.Getpid()), uintptr(syscall.Gettid()),
		10, uintptr(unsafe.Pointer(&marked)), 0, 0)
	if errno != 0 {
		panic(errno)
	}
}

// hasMark reports whether a frame with the value was on the stack.
func (s altstack) hasMark() bool {
	if s.flags&disabled != 0 {
		return false
	}
	mem, err := os.Open("/proc/self/mem")
	check(err)
	defer mem.Close()
	data := make([]byte, s.size)
	_, err = mem.ReadAt(data, int64(s.base))
	check(err)
	return bytes.Contains(data, binary.NativeEndian.AppendUint64(nil, marked.value))
}
