// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/sigmux"
)

// s26 is about which threads a signal wakes in a program that has nothing to do.
func s26() claim.Claim {
	return claim.Claim{
		ID:   "S26",
		Told: "SIGUSR1 or SIGTERM wakes the network poller and the system monitor thread.",
		Trial: func(x *claim.Trial) {
			bin := buildSignals(x, false)
			dropped := wakesOf(x, bin, "that nobody takes", syscall.SIGUSR1, "idle")
			taken := wakesOf(x, bin, "given to Notify", syscall.SIGUSR1, "idle", "take")
			term := wakesOf(x, bin, "given to Notify", syscall.SIGTERM, "idle", "take")
			x.Measured(!dropped.few(dropped.main) && dropped.few(dropped.poller) && dropped.few(dropped.monitor),
				"A SIGUSR1 that nobody takes wakes the thread that the kernel gives it to, here the main thread in a read(2), and no other (seen by the context switches of each thread).",
				"%d signals: %v", sentInTurn, dropped)
			x.Measured(taken.few(taken.poller) && term.few(term.poller),
				"The thread that waits in epoll_wait sleeps on: a signal is no event to the poller, whether it is taken or not.",
				"SIGUSR1: %v; SIGTERM: %v", taken, term)
			x.Fact(taken.monitor >= sentInTurn && term.monitor >= sentInTurn,
				"One that is taken does wake the system monitor of an idle program: not the signal does it but the goroutine of os/signal, which comes back to life to pass it on (runtime/proc.go, exitsyscall).")
			directed := wakesOfPoller(x, bin)
			x.Fact(directed >= sentInTurn, "A signal that is sent to the poller's own thread does interrupt it, and the thread goes back to wait: the runtime tries again on EINTR (runtime/netpoll_epoll.go).")
		},
		So: "A signal costs an idle program a few wake-ups of threads and nothing else; a goroutine that waits for the network does not notice.",
	}
}

// wakes are how often three threads went to sleep again.
type wakes struct{ main, poller, monitor int }

func (w wakes) String() string {
	return fmt.Sprintf("main thread %d, poller %d, monitor %d times", w.main, w.poller, w.monitor)
}

// few reports whether it was not the signals that woke a thread so often. It may
// have woken by itself: the runtime has timers of its own.
func (w wakes) few(n int) bool { return n < sentInTurn/2 }

// wakesOf counts what signals wake that are sent one by one to an idle program.
func wakesOf(x *claim.Trial, bin, how string, sig syscall.Signal, args ...string) wakes {
	x.Helper()
	c := inMode(bin, args...)
	c.Ready = "ready"
	p := c.Start(x)
	before := quiet(x, p.PID())
	for range sentInTurn {
		p.Signal(sig)
		quiet(x, p.PID())
	}
	after := quiet(x, p.PID())
	poller, monitor := before.poller(), before.monitor()
	w := wakes{
		main:    after[p.PID()].switches - before[p.PID()].switches,
		poller:  after[poller].switches - before[poller].switches,
		monitor: after[monitor].switches - before[monitor].switches,
	}
	x.Told(w.poller >= sentInTurn, "%s %s: the poller wakes", sigmux.Name(sig), how)
	x.Told(w.monitor >= sentInTurn, "%s %s: the system monitor wakes", sigmux.Name(sig), how)
	return w
}

// wakesOfPoller sends SIGUSR1 to the thread in the poller, and counts how often
// that went to sleep again.
func wakesOfPoller(x *claim.Trial, bin string) int {
	x.Helper()
	c := inMode(bin, "idle")
	c.Ready = "ready"
	p := c.Start(x)
	before := quiet(x, p.PID())
	poller := before.poller()
	for range sentInTurn {
		if err := syscall.Tgkill(p.PID(), poller, syscall.SIGUSR1); err != nil {
			x.Fatal(err)
		}
		quiet(x, p.PID())
	}
	return quiet(x, p.PID())[poller].switches - before[poller].switches
}

// A sleeper is a thread that sleeps in a system call.
type sleeper struct{ call, switches int }

// sleepers are the threads of a process by their ids.
type sleepers map[int]sleeper

// poller is the thread that waits for the network, 0 if there is none.
func (s sleepers) poller() int {
	for tid, t := range s {
		if t.call == syscall.SYS_EPOLL_PWAIT {
			return tid
		}
	}
	return 0
}

// monitor is the first thread that the runtime makes (runtime/proc.go, main).
func (s sleepers) monitor() int {
	tids := slices.Sorted(maps.Keys(s))
	if len(tids) < 2 {
		return 0
	}
	return tids[1]
}

// quiet waits until all threads of a process sleep, one of them in the poller,
// and the monitor without a limit; and still sleep when looked at again, so that
// none was woken by one that had not been looked at.
func quiet(x *claim.Trial, pid int) sleepers {
	x.Helper()
	var last sleepers
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(pollInterval) {
		settled(pid)
		s := sleeping(pid)
		if s.poller() != 0 && s[s.monitor()].call == syscall.SYS_FUTEX && maps.Equal(s, last) {
			return s
		}
		last = s
	}
	x.Fatalf("the program does not come to rest: %v", last)
	return nil
}

// sleeping returns the threads of a process, nil unless all sleep.
func sleeping(pid int) sleepers {
	out := sleepers{}
	for _, m := range threadMasks(pid) {
		call := currentCall(pid, m.tid)
		if call < 0 {
			return nil
		}
		n, err := switches(pid, m.tid)
		if err != nil {
			return nil
		}
		out[m.tid] = sleeper{call, n}
	}
	return out
}

// switches returns how often a thread went to sleep; see proc_pid_status(5).
func switches(pid, tid int) (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/status", pid, tid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), "\nvoluntary_ctxt_switches:")
	value, _, _ := strings.Cut(rest, "\n")
	return strconv.Atoi(strings.TrimSpace(value))
}
