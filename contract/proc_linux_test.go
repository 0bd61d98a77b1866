// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// pollInterval is between two looks at /proc, which cannot be waited for.
const pollInterval = 200 * time.Microsecond

// A sigset is a set of signals as /proc prints it; see proc_pid_status(5).
type sigset uint64

func (s sigset) has(sig syscall.Signal) bool { return s&(1<<(sig-1)) != 0 }

// masks are the signal sets of one thread.
type masks struct {
	tid                      int
	blocked, ignored, caught sigset // of the thread; the process; the process
	pending, shared          sigset // for the thread; for the process
}

// threadMasks reads the masks of every thread of a process.
func threadMasks(pid int) []masks {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		panic(err)
	}
	var out []masks
	for _, f := range files {
		if data, err := os.ReadFile(f); err == nil { // a thread may end meanwhile
			out = append(out, parseMasks(string(data)))
		}
	}
	return out
}

func parseMasks(status string) masks {
	var m masks
	sets := map[string]*sigset{
		"SigBlk": &m.blocked, "SigIgn": &m.ignored, "SigCgt": &m.caught, "SigPnd": &m.pending, "ShdPnd": &m.shared,
	}
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		if set := sets[name]; set != nil {
			n, err := strconv.ParseUint(value, 16, 64)
			if err != nil {
				panic(err)
			}
			*set = sigset(n)
		}
		if name == "Pid" {
			m.tid, _ = strconv.Atoi(value)
		}
	}
	return m
}

// processMasks reads the masks of a process's main thread.
func processMasks(pid int) masks {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		panic(err)
	}
	return parseMasks(string(data))
}

// settled waits until no signal that somebody could take is pending for the
// process or one of its threads: each was ignored, or its handler has begun.
func settled(pid int) {
	for {
		var waiting sigset
		for _, m := range threadMasks(pid) {
			waiting |= (m.pending | m.shared) &^ m.blocked
		}
		if waiting == 0 {
			return
		}
		time.Sleep(pollInterval)
	}
}

// startAsPID1 starts a program of a claim as the first process of a new PID
// namespace and waits until it is ready. Signals of the returned process reach
// it; its end is that of the unshare around it, which ends as it did, bar a SIGKILL.
func startAsPID1(x *claim.Trial, name string, args ...string) *quiescetest.Process {
	x.Helper()
	needNamespaces(x)
	c := asPID1(x.Program(name, args...))
	c.Ready = "ready"
	p := c.Start(x)
	p.Follow(onlyChild(x, p.PID()))
	return p
}

// needNamespaces ends the trial where PID namespaces cannot be made.
func needNamespaces(x *claim.Trial) {
	x.Helper()
	if out, err := exec.Command("unshare", "--pid", "--fork", "true").CombinedOutput(); err != nil {
		x.CannotRun("no PID namespace: %v: %s", err, out)
	}
}

// onlyChild returns the process id of a process's only child.
func onlyChild(x *claim.Trial, pid int) int {
	x.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		x.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		x.Fatalf("children of %d: %q", pid, data)
	}
	return child
}
