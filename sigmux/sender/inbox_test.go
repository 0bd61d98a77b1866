// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64) && !quiesce_nosender

package sender

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/go-quiesce/quiesce/sigmux"
)

// sigUnit is a signal that nobody sends: the tests of this file write in its
// page what the hook would.
const sigUnit = 60

// enter does what the hook does.
func enter(p *page, pid int32) {
	n := p.count
	p.count++
	if s := &p.slots[n%numSlots]; s.state == slotFree {
		*s = slot{state: published + n, pid: pid}
	}
}

// TestInbox: the steps are "+7", the handler is entered for process 7, and what
// is answered to a question: a process, or 0 for unknown.
func TestInbox(t *testing.T) {
	for _, tc := range []struct {
		name  string
		steps []int32 // positive: entered; negative or 0: asked
	}{
		{"one by one", []int32{+1, -1, +2, -2}},
		{"coalesced: the first", []int32{+1, +2, +3, -1}},
		{"two arrived before the first question", []int32{+1, +2, -1, -2}},
		{"the second of them arrived for nobody knows whom", []int32{+1, +2, +3, -1, -3, 0}},
		{"an old one is not the sender of a new signal", []int32{+1, +2, -1, +3, -3}},
		{"nothing was recorded", []int32{0, +1, -1, 0}},
		{"the page was full: the first is known", []int32{+1, +2, +3, +4, +5, +6, -1}},
		{"the page was full: the last is not", []int32{+1, +2, +3, +4, +5, -1, 0, +6, -6}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := make(chan os.Signal, 1)
			who := OS().(sigmux.Attributor).Attribute(c, syscall.Signal(sigUnit))
			defer OS().Stop(c)
			for i, step := range tc.steps {
				if step > 0 {
					enter(&pages[sigUnit], step)
					continue
				}
				if by := who(syscall.Signal(sigUnit)); by.PID != int(-step) || by.Known != (step != 0) {
					t.Errorf("answer %d is %v, want %d", i, by, -step)
				}
			}
		})
	}
}

// TestInboxesAreApart: what one takes is not lost to another, and each has only
// what came in its time.
func TestInboxesAreApart(t *testing.T) {
	a := OS().(sigmux.Attributor)
	sig := syscall.Signal(sigUnit)
	c1, c2, c3 := make(chan os.Signal), make(chan os.Signal), make(chan os.Signal)
	who1, who2 := a.Attribute(c1, sig, sig), a.Attribute(c2, sig)
	enter(&pages[sigUnit], 1)
	who3 := a.Attribute(c3, sig)
	enter(&pages[sigUnit], 2)
	a.Stop(c2)
	enter(&pages[sigUnit], 3)
	var got []int
	for _, who := range []func(os.Signal) sigmux.Sender{who1, who2, who3, who1, who2, who3} {
		got = append(got, who(sig).PID)
	}
	if want := []int{1, 1, 2, 3, 0, 3}; !slices.Equal(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}
	a.Stop(c1)
	a.Stop(c3)
	if n := len(book.inboxes[sigUnit]); n != 0 {
		t.Errorf("%d inboxes are left", n)
	}
}

// TestNewHookForgets: what was recorded before the hook was lost says nothing
// about what came while it was.
func TestNewHookForgets(t *testing.T) {
	a := OS().(sigmux.Attributor)
	sig := syscall.Signal(sigUnit)
	c := make(chan os.Signal, 1)
	who := a.Attribute(c, sig)
	defer a.Stop(c)
	enter(&pages[sigUnit], 1)
	enter(&pages[sigUnit], 2)
	if by := who(sig); by.PID != 1 {
		t.Errorf("sender %v, want process 1", by)
	}
	unhook(sig)
	if by := who(sig); by.Known {
		t.Errorf("sender %v of a signal that was not recorded", by)
	}
	if err := Supported(); err != nil {
		t.Error(err)
	}
}

func TestForeignSignalIsUnknown(t *testing.T) {
	c := make(chan os.Signal, 1)
	who := OS().(sigmux.Attributor).Attribute(c, syscall.Signal(0), syscall.Signal(numSignals), otherSignal{})
	defer OS().Stop(c)
	for _, sig := range []os.Signal{syscall.Signal(0), syscall.Signal(numSignals), otherSignal{}} {
		if by := who(sig); by.Known {
			t.Errorf("%v: %v", sig, by)
		}
	}
}

type otherSignal struct{}

func (otherSignal) Signal()        {}
func (otherSignal) String() string { return "other" }

func TestIdentify(t *testing.T) {
	const here = 1 << 30 // no process has it
	for _, tc := range []struct {
		sig  syscall.Signal
		code int32
		pid  int32
		want string
	}{
		{syscall.SIGTERM, 0, here, "pid 1073741824 uid 7"},  // kill
		{syscall.SIGTERM, -1, here, "pid 1073741824 uid 7"}, // sigqueue
		{syscall.SIGTERM, -6, here, "pid 1073741824 uid 7"}, // tgkill
		{syscall.SIGTERM, -3, here, "pid 1073741824 uid 7"}, // a message queue
		{syscall.SIGTERM, 0, 0, "outside the PID namespace, uid 7"},
		{syscall.SIGTERM, siKernel, 0, "the kernel"},
		{syscall.SIGINT, siKernel, 0, "the terminal"},
		{syscall.SIGWINCH, siKernel, 0, "the terminal"},
		{syscall.SIGINT, 0, 0, "outside the PID namespace, uid 7"},
		{syscall.SIGALRM, siTimer, 5, "the kernel"},                         // 5 is a timer
		{syscall.SIGIO, siSigIO, 5, "the kernel"},                           // 5 is a band
		{syscall.SIGIO, 1, 5, "the kernel"},                                 // POLL_IN
		{syscall.SIGCHLD, 1, here, "the kernel about pid 1073741824 uid 7"}, // CLD_EXITED
		{syscall.SIGCHLD, siKernel, 0, "the kernel"},
		{syscall.SIGCHLD, 0, here, "pid 1073741824 uid 7"},
	} {
		t.Run(fmt.Sprint(sigmux.Name(tc.sig), " ", tc.code), func(t *testing.T) {
			by := book.identify(int(tc.sig), record{code: tc.code, pid: tc.pid, uid: 7})
			if got := by.String(); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestSlotsAreTakenInOrder(t *testing.T) {
	var p page
	for pid := range int32(7) { // the numbers begin anywhere in the slots
		enter(&p, pid)
		if pid == 1 {
			p.take(nil)
		}
	}
	p.slots[2].state = slotBusy // its handler has been stalled
	var got []int32
	for _, r := range p.take(nil) {
		got = append(got, r.pid)
	}
	if want := []int32{3, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
	if p.slots[2].state != slotBusy || p.newest() != 6 {
		t.Errorf("page %+v", p)
	}
}
