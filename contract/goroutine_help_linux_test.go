// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// inBubble runs f where synctest.Wait returns when every other goroutine that f
// has started is blocked: what has not happened then does not happen. Goroutines
// must have ended when f returns. The trial's own methods are for outside.
func inBubble(x *claim.Trial, f func()) {
	x.Helper()
	synctest.Test(x.TB.(*testing.T), func(*testing.T) { f() })
}

// isClosed reports whether a channel that nothing is sent on is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// started runs f in a goroutine and returns a channel that is closed when that
// has ended, in whatever way.
func started(f func()) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f()
	}()
	return ended
}

// panicOf returns what f panics with, nil if it does not.
func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// A borrowed context has the values of another, as people write it to keep a
// trace or a logger. The context package does not know this type.
type borrowed struct {
	context.Context
	values context.Context
}

func (b borrowed) Value(key any) any { return b.values.Value(key) }

// buildWithRace builds a program with the race detector. It ends the trial where
// that needs a C compiler that is not there.
func buildWithRace(x *claim.Trial, name string) string {
	x.Helper()
	needCompiler(x)
	return x.Build(name, []string{"CGO_ENABLED=1"}, "-race")
}

// needCompiler ends the trial where nothing can be linked with C.
func needCompiler(x *claim.Trial) {
	x.Helper()
	cc := strings.Fields(x.GoTool(nil, "env", "CC"))
	cmd := exec.CommandContext(x.Context(), cc[0], append(cc[1:], "-E", "-")...)
	cmd.Stdin = strings.NewReader("#include <stdlib.h>\n")
	if err := cmd.Run(); err != nil {
		x.CannotRun("no C compiler: %s: %v", strings.Join(cc, " "), err)
	}
}

// runBuilt runs a program that was built and ends by itself.
func runBuilt(x *claim.Trial, bin string, args ...string) *quiescetest.Result {
	x.Helper()
	return quiescetest.Command{Args: append([]string{bin}, args...)}.Start(x).Wait()
}

// reportsRace runs a program built with the race detector, and says whether it had
// something to report.
func reportsRace(x *claim.Trial, bin, mode string) bool {
	x.Helper()
	r := runBuilt(x, bin, mode)
	if !strings.HasSuffix(r.Stdout, "end\n") {
		x.Fatalf("%s %s: %s\n%s%s", filepath.Base(bin), mode, r.Status(), r.Stdout, r.Stderr)
	}
	return strings.Contains(r.Stderr, "WARNING: DATA RACE")
}

// findsDeadlock says whether the runtime ends a program in which nothing can
// happen any more, testdata/programs/asleep.
func findsDeadlock(x *claim.Trial, bin, mode string) bool {
	x.Helper()
	p := quiescetest.Command{Args: []string{bin, mode}, Ready: "ready"}.Start(x)
	untilAtRest(p.PID())
	p.Signal(syscall.SIGQUIT)
	return strings.Contains(p.Wait().Stderr, "deadlock!")
}

// restTime is how long no thread of a process that is at rest has run. The
// runtime looks for a deadlock in the thread that goes to sleep last, before it
// does; and its monitor, which wakes every 10 ms at least, sleeps for good only
// when all others do (runtime/proc.go, checkdead, sysmon).
const restTime = 30 * time.Millisecond

// untilAtRest returns when all threads of a process sleep, or when it has ended.
func untilAtRest(pid int) {
	last, since := "", time.Now()
	for {
		now, asleep := threadStates(pid)
		if now == "" {
			return
		}
		if now != last || !asleep {
			last, since = now, time.Now()
		}
		if time.Since(since) > restTime {
			return
		}
		time.Sleep(pollInterval)
	}
}

// threadStates describes what the threads of a process have done so far, and says
// whether all of them sleep. It returns "" for a process that has ended.
func threadStates(pid int) (done string, asleep bool) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		panic(err)
	}
	asleep = true
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return "gone: " + f, false // this thread has just ended
		}
		status := string(data)
		if strings.Contains(status, "\nState:\tZ") {
			return "", false
		}
		asleep = asleep && strings.Contains(status, "\nState:\tS")
		_, switches, _ := strings.Cut(status, "voluntary_ctxt_switches:")
		done += f + switches
	}
	return done, asleep
}
