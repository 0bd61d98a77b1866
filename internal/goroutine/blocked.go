// SPDX-License-Identifier: Apache-2.0

package goroutine

import "strings"

// Blocked returns what the goroutines are waiting for, in the words of the
// runtime's tracebacks:
//
//	chan receive   chan send   select   select (no cases)   sleep   IO wait
//	sync.Mutex.Lock   sync.RWMutex.Lock   sync.RWMutex.RLock
//	sync.Cond.Wait   sync.WaitGroup.Wait   semacquire   coroutine
//	syscall        in a system call or in C
//	waiting        for something else, inside the runtime
//	running        not waiting: running, or ready to
//
// The profile does not say it: it is told by the runtime's functions on top of
// the stack, as Go 1.26 and 1.27 name them. A goroutine that was woken and has
// not run since still looks as if it waited. A nil channel looks like any other.
func (s Stack) Blocked() string {
	if len(s.Frames) == 0 {
		return "running"
	}
	switch top := s.Frames[0].Function; {
	case top == "runtime.gopark":
		return waitReason(s.Frames)
	case top == "runtime.coroswitch":
		return "coroutine"
	case top == "runtime.cgocall", top == "runtime.notetsleepg", // the latter: os/signal
		strings.HasPrefix(top, "syscall."), strings.HasPrefix(top, "internal/runtime/syscall"):
		return "syscall"
	default:
		return "running"
	}
}

// waitReason finds the function that called gopark, or the one through which a
// package of the standard library reached it. Those between are the runtime's.
func waitReason(parked []Frame) string {
	for _, f := range parked {
		if reason := reasonOf(f.Function); reason != "" {
			return reason
		}
		if f.ofUser() {
			break
		}
	}
	return "waiting"
}

func reasonOf(function string) string {
	switch function {
	case "runtime.chanrecv":
		return "chan receive"
	case "runtime.chansend":
		return "chan send"
	case "runtime.selectgo":
		return "select"
	case "runtime.block":
		return "select (no cases)"
	case "time.Sleep":
		return "sleep"
	case "internal/poll.runtime_pollWait":
		return "IO wait"
	case "internal/sync.runtime_SemacquireMutex":
		return "sync.Mutex.Lock"
	case "sync.runtime_SemacquireRWMutex":
		return "sync.RWMutex.Lock"
	case "sync.runtime_SemacquireRWMutexR":
		return "sync.RWMutex.RLock"
	case "sync.runtime_notifyListWait":
		return "sync.Cond.Wait"
	case "sync.runtime_SemacquireWaitGroup":
		return "sync.WaitGroup.Wait"
	case "sync.runtime_Semacquire", "internal/poll.runtime_Semacquire", "runtime.semacquire":
		return "semacquire"
	default:
		return ""
	}
}
