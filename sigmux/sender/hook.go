// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64) && !quiesce_nosender

package sender

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// numSignals is one more than the highest signal number of Linux.
const numSignals = 65

// numSlots is how many senders of one signal are recorded until somebody asks.
// The first are kept, which says who was first among signals that coalesced.
const numSlots = 4

// A slot's state says who may touch it.
const (
	slotFree  = 0 // a handler may claim it
	slotBusy  = 1 // the handler that has claimed it
	published = 2 // or more: the reader; this plus the record's number
)

// A slot holds one record. A handler claims it with a compare-and-swap, writes,
// and publishes it by storing its state; the reader copies it and then frees it
// by storing slotFree. Nobody else writes to it in between, however long the
// thread of either is stalled, so a record is never torn.
type slot struct {
	state uint64
	code  int32
	pid   int32
	uid   uint32
	_     uint32
}

// A page is what the hook has written down of one signal. Each signal has its
// own, so that a burst of one cannot push out another.
type page struct {
	count uint64 // how often the handler was entered; the next record's number
	slots [numSlots]slot
}

// pages are written by the hook, in any thread at any moment. The hook neither
// allocates nor waits nor touches anything else.
var pages [numSignals]page

// next is where the hook jumps to: Go's handler, which is the same for every
// signal. It is set before the first hook is installed and never changes.
var next uintptr

// hookPC returns the address of the hook, which is written in assembly: it is
// called by the kernel, with C's calling convention, on the signal stack and
// maybe on a thread that has no goroutine.
func hookPC() uintptr

// A record is one entry of the handler.
type record struct {
	number uint64
	code   int32
	pid    int32
	uid    uint32
}

// take removes what is recorded from the page, oldest first. It is called by one
// goroutine at a time.
func (p *page) take(list []record) []record {
	for i := range p.slots {
		s := &p.slots[i]
		if n := atomic.LoadUint64(&s.state); n >= published {
			list = append(list, record{n - published, s.code, s.pid, s.uid})
			atomic.StoreUint64(&s.state, slotFree)
		}
	}
	slices.SortFunc(list, func(a, b record) int { return cmp.Compare(a.number, b.number) })
	return list
}

// newest returns the number of the handler's latest entry, recorded or not; one
// less than 0 before the first.
func (p *page) newest() uint64 { return atomic.LoadUint64(&p.count) - 1 }

// A sigaction is the kernel's struct of that name on amd64 and arm64.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const saSiginfo = 4

// rtSigaction is rt_sigaction(2); set and old may be nil.
func rtSigaction(sig int, set, old *sigaction) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), unsafe.Sizeof(sigaction{}.mask), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

var (
	errNotGo   = errors.New("the handler is not Go's own")
	errChanged = errors.New("the handler was changed at the same moment")
	errRuntime = errors.New("the Go runtime needs it for itself")
)

// install puts the hook before Go's handler of sig, unless it is there, and
// reports whether it had to. It must not be called twice at once, and only while
// somebody is subscribed to sig.
//
// Only Go's own handler is ever hooked. What another party installs on top may
// have saved the hook as what it jumps on to; a hook before that would close a
// circle.
//
// Nor can the runtime close one, by taking the hook for a handler that was there
// before its own (fwdSig in runtime/signal_unix.go), to which it forwards what
// it does not handle. It looks for that handler when it begins to handle a
// signal: at the start of the process, or at the first Notify since it ceased
// to. It ceases with Ignore, or, for signals that were ignored when the process
// started, with Reset or the last Stop, and then always replaces the installed
// handler, the hook. So the hook is never there when the runtime looks. The one
// exception is an Ignore or Reset of sig, called by somebody else, that falls
// between the two system calls below: the hook is then installed on a signal
// that the runtime does not handle. The second call says what it has replaced,
// and that is put back at once.
func install(sig int) (installed bool, err error) {
	if forRuntime(sig) {
		return false, errRuntime
	}
	var found, replaced sigaction
	if err := rtSigaction(sig, nil, &found); err != nil {
		return false, fmt.Errorf("rt_sigaction: %w", err)
	}
	if found.handler == hookPC() {
		return false, nil
	}
	if found.flags&saSiginfo == 0 || !isGo(found.handler) {
		return false, errNotGo
	}
	next = found.handler
	hooked := found // with its flags, mask and restorer
	hooked.handler = hookPC()
	if err := rtSigaction(sig, &hooked, &replaced); err != nil {
		return false, fmt.Errorf("rt_sigaction: %w", err)
	}
	if replaced.handler != found.handler {
		_ = rtSigaction(sig, &replaced, nil) // it went well a moment ago
		return false, errChanged
	}
	return true, nil
}

// isGo reports whether a handler is the Go runtime's; the second is the one of
// programs with cgo.
func isGo(handler uintptr) bool {
	f := runtime.FuncForPC(handler)
	return f != nil && f.Entry() == handler && (f.Name() == "runtime.sigtramp" || f.Name() == "runtime.cgoSigtramp")
}

// forRuntime reports whether the signal is not an ordinary one to the runtime:
// faults of the program, the profiler's timer, and those of the C library's
// threads (32 to 34).
func forRuntime(sig int) bool {
	switch s := syscall.Signal(sig); s {
	case syscall.SIGILL, syscall.SIGTRAP, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGSTKFLT, syscall.SIGSYS, syscall.SIGPROF:
		return true
	default:
		return s >= 32 && s <= 34
	}
}
