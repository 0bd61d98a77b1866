// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s19 is about signals that come into system calls and C code.
func s19() claim.Claim {
	return claim.Claim{
		ID:       "S19",
		Told:     "A signal that arrives while goroutines sit in cgo or in a blocking system call is mostly lost.",
		Programs: map[string]func(){"blocked": blockedInGo, "poll": interruptedPoll},
		Trial: func(x *claim.Trial) {
			inSystemCalls(x)
			inC(x, buildSignals(x, true))
		},
		So: "Nothing is lost, but C code and raw system calls must expect EINTR. If a C library starts threads, register every signal that may come, SIGUSR1 and SIGUSR2 too: there one that nobody takes kills.",
	}
}

// sentInTurn is how many signals are sent, each when the last has come.
const sentInTurn = 20

// oneP makes a program run goroutines on one thread at a time.
const oneP = "GOMAXPROCS=1"

func inSystemCalls(x *claim.Trial) {
	c := x.Program("blocked")
	c.Ready, c.Env = "ready", append(c.Env, oneP)
	p := c.Start(x)
	got := counted(x, p, sentInTurn)
	x.Told(got <= sentInTurn/2, "four threads in read(2), the main thread among them, GOMAXPROCS=1: most of %d are lost", sentInTurn)
	x.Fact(got == sentInTurn, "Every signal arrives that is sent while threads, the main thread too, sit in blocking system calls: the handler only notes it, and the thread that waits for that note is another.")
	p.Send("x")
	p.CloseStdin()
	x.Fact(saw(x, p.Wait(), "read goes on"), "A read(2) that was interrupted goes on by itself: the handlers are installed with SA_RESTART.")
	x.Fact(saw(x, x.Run("poll"), "EINTR"), "A raw system call that is never restarted (here ppoll; also nanosleep and epoll_wait, see signal(7)) returns EINTR.")
}

func inC(x *claim.Trial, bin string) {
	c := inMode(bin, "blocked")
	c.Ready, c.Env = "ready", append(c.Env, oneP)
	p := c.Start(x)
	got := counted(x, p, sentInTurn)
	x.Told(got <= sentInTurn/2, "four threads in C code, the main thread among them, GOMAXPROCS=1: most of %d are lost", sentInTurn)
	foreign := number(x, said(x, inMode(bin, "foreign").Start(x).Wait(), "received"))
	x.Told(foreign <= sentInTurn/2, "on threads that C code made: most of %d are lost", sentInTurn)
	x.Fact(got == sentInTurn && foreign == sentInTurn, "Every signal arrives, too, that comes while these threads are in C code, or that comes to a thread that C made and that Go does not know.")

	c = inMode(bin, "sleep")
	c.Ready = "ready"
	sleeper := c.Start(x)
	for sleeper.Signal(syscall.SIGUSR1) { // the first may come before the sleep, or to another thread
		time.Sleep(pollInterval)
	}
	x.Fact(saw(x, sleeper.Wait(), "cut short"), "In C a sleep(3) returns early because of a signal that only Go wants: a library that never expected signals meets their side effects.")

	r := inMode(bin, "unregistered").Start(x).Wait()
	x.Fact(saw(x, r, "survived on a thread of Go") && r.Signal == syscall.SIGUSR1,
		"A SIGUSR1 that nobody registered is dropped on a thread of Go, but kills the process when it comes to a thread that C made (runtime/signal_unix.go, raisebadsignal).")
}

// blockedInGo has the main thread and three others in read(2), and counts
// SIGUSR1. A SIGWINCH has it print the count.
func blockedInGo() {
	onMainThread(func() {
		occupyThreads()
		countUSR1()
		ready()
		n, err := syscall.Read(0, make([]byte, 1))
		answer("read goes on", n == 1 && err == nil)
	})
}

func countUSR1() {
	usr1, winch := notified(1, syscall.SIGUSR1), notified(1, syscall.SIGWINCH)
	go func() {
		n := 0
		for {
			select {
			case <-usr1:
				n++
			case <-winch:
				n += len(received(usr1))
				answer("received", n)
			}
		}
	}()
}

// interruptedPoll has the main thread wait in a raw system call for nothing but
// the signal that is sent to it there.
func interruptedPoll() {
	onMainThread(func() {
		notified(1, syscall.SIGUSR1)
		go func() {
			untilIn(os.Getpid(), os.Getpid(), syscall.SYS_PPOLL)
			tgkill(os.Getpid(), syscall.SIGUSR1)
		}()
		answer("EINTR", pauseHere() == syscall.EINTR)
	})
}
