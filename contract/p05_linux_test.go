// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// p05 is about whose death Pdeathsig tells.
func p05() claim.Claim {
	return claim.Claim{
		ID:   "P05",
		Told: "SysProcAttr.Pdeathsig is sent to a child when its parent process ends.",
		Programs: map[string]func(){
			"parent": parentThatEnds, "child": childOfParent, "threads": threadThatEnds,
		},
		Trial: func(x *claim.Trial) {
			p := x.Start("parent", x.Program("child").Env...)
			p.Await("child is ready")
			p.Signal(syscall.SIGKILL)
			r := p.Wait() // the child shares the outputs, and we hold its input
			told := strings.Contains(r.Stdout, "told: terminated")
			x.Told(told, "the parent process is killed: the child is sent the signal")
			x.Fact(told, "The kernel sends the signal even if SIGKILL ends the parent, and the child may take it like any other.")

			saw := answers(x, x.Run("threads"))
			x.Told(saw["thread ended"] == "exit status 0", "only then: the thread that started the child ends, and the child lives as its parent does")
			x.Fact(saw["thread ended"] == "signal: killed", "The parent is the thread that started the child (PR_SET_PDEATHSIG(2const)): if a goroutine that called runtime.LockOSThread starts a child and returns without UnlockOSThread, its thread ends (unless it is the main one), and the child dies of the signal while the parent process lives on.")
			x.Fact(saw["other"] == "exit status 0", "A child that another thread of the same process started does not notice.")
		},
		So:  "Start a child that has Pdeathsig from a goroutine that is locked to its thread and stays until the child has ended. An unlocked goroutine runs on a thread that the runtime keeps, unless a locked goroutine ends on it later.",
		Vet: "Pdeathsig in a process that is not started between LockOSThread and the Wait for it",
	}
}

// parentThatEnds starts a child that is to be told of its end.
func parentThatEnds() {
	runtime.LockOSThread()
	cmd := restart()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	must(cmd.Start())
	ready()
	_ = cmd.Wait()
}

func childOfParent() {
	told := notified(1, syscall.SIGTERM)
	fmt.Println("child is ready")
	go func() {
		untilStdinEnds()
		os.Exit(1)
	}()
	fmt.Println("told:", <-told)
}

// threadThatEnds starts two children from two threads, one of which ends.
func threadThatEnds() {
	started, leave := make(chan func() string), make(chan bool)
	threads := make(chan int, 1)
	onLockedThread(func() {
		threads <- syscall.Gettid()
		started <- startCat()
		<-leave
	})
	endA := <-started
	// The thread of A is taken, so this is another one, which stays.
	runtime.LockOSThread()
	endB := startCat()

	leave <- true
	thread := fmt.Sprintf("/proc/self/task/%d", <-threads)
	for gone := false; !gone; time.Sleep(pollInterval) {
		_, err := os.Stat(thread)
		gone = os.IsNotExist(err)
	}
	answer("thread ended", endA())
	answer("other", endB())
}

// onLockedThread runs f on a goroutine that is locked to a thread and ends that
// with it. It is not the main thread, which the runtime never ends.
func onLockedThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if syscall.Gettid() == os.Getpid() {
			onLockedThread(f)
			select {} // so that f gets another one
		}
		f()
	}()
}

// startCat starts a child with Pdeathsig. The function that it returns ends its
// input, on which it exits with 0, and says how it ended.
func startCat() (end func() string) {
	cmd := exec.Command("cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	must(err)
	must(cmd.Start())
	return func() string {
		in.Close()
		_ = cmd.Wait() // its state says it
		return cmd.ProcessState.String()
	}
}
