// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s02 is about what a program killed by a signal still does.
func s02() claim.Claim {
	return claim.Claim{
		ID:       "S02",
		Told:     "On a SIGTERM that nobody handles deferred functions do not run, goroutines are cut in the middle of their work, and finalizers are not run.",
		Programs: map[string]func(){"busy": busy},
		Trial: func(x *claim.Trial) {
			p := x.Start("busy")
			p.Send("end\n")
			whole := p.Wait().Stdout
			printsAll := true
			for _, line := range lastWords {
				printsAll = printsAll && strings.Contains(whole, line)
			}
			killed := s02Killed(x, syscall.SIGTERM)
			x.Told(!strings.Contains(killed, "deferred in main"), "a deferred function of main does not run")
			x.Told(!strings.Contains(killed, "deferred in a goroutine"), "a deferred function of another goroutine does not run")
			x.Told(!strings.Contains(killed, "work finished"), "a goroutine does not finish its work")
			x.Told(!strings.Contains(killed, "finalizer"), "the finalizer of an unreachable object is not run")
			x.Fact(printsAll && strings.TrimSpace(killed) == "ready", "A program that prints a line for each of these, if it ends by itself after a garbage collection, prints nothing any more when SIGTERM kills it.")
			x.Fact(!strings.Contains(killed, "cleanup"), "A function given to `runtime.AddCleanup` is not run either.")
			x.Fact(!strings.Contains(killed, "buffered"), "What is in a `bufio.Writer` is lost.")
			same := true
			for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT} {
				same = same && s02Killed(x, sig) == killed
			}
			x.Fact(same, "SIGINT and SIGHUP, which kill, and SIGQUIT, which makes the runtime exit, are the same in this.")
		},
		So:      "What must happen at the end has to be done by code that runs because of the signal: listen, end the work, then return. For what must not be lost in any case (a SIGKILL, a crash), nothing at the end helps: write it before.",
		Covered: []string{"quiesce.App.Main", "sigmux.NotifyContext"},
	}
}

// lastWords are what busy prints if it is left to end.
var lastWords = []string{
	"deferred in main", "deferred in a goroutine", "work finished", "finalizer", "cleanup", "buffered",
}

// s02Killed returns what busy prints if a signal ends it.
func s02Killed(x *claim.Trial, sig syscall.Signal) string {
	x.Helper()
	p := x.Start("busy")
	p.Signal(sig)
	return p.Wait().Stdout
}

// busy has unfinished work, an unreachable object and a full buffer. It
// finishes all of it when it reads a line. Nothing is collected before that.
func busy() {
	debug.SetGCPercent(-1)
	defer fmt.Println("deferred in main")
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, "buffered")
	release, finished := make(chan struct{}), make(chan struct{})
	go work(release, finished)
	collected := loseObject()
	ready()
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	close(release)
	<-finished
	runtime.GC()
	collected.Wait()
}

func work(release, finished chan struct{}) {
	defer close(finished)
	defer fmt.Println("deferred in a goroutine")
	<-release
	fmt.Println("work finished")
}

// loseObject makes objects that nobody has a reference to, one with a finalizer
// and one with a cleanup. What it returns is done when both have run.
func loseObject() *sync.WaitGroup {
	var ran sync.WaitGroup
	ran.Add(2)
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) { fmt.Println("finalizer"); ran.Done() })
	runtime.AddCleanup(new([64]byte), func(struct{}) { fmt.Println("cleanup"); ran.Done() }, struct{}{})
	return &ran
}
