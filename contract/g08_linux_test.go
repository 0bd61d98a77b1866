// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g08 is about a panic that nobody recovers from.
func g08() claim.Claim {
	return claim.Claim{
		ID:       "G08",
		Told:     "A panic in any goroutine ends the program, and the deferred functions of the other goroutines do not run.",
		Programs: map[string]func(){"panic": panicAside},
		Trial: func(x *claim.Trial) {
			r := x.Run("panic")
			x.Told(r.Code == 2, "the program ends")
			x.Told(!strings.Contains(r.Stdout, "deferred by main"), "main's deferred functions do not run")
			x.Told(!strings.Contains(r.Stdout, "deferred by another"), "those of a third goroutine do not run")
			x.Fact(r.Code == 2 && strings.Contains(r.Stderr, "panic: lost"), "The exit code is 2, and the value and the stack are on standard error.")
			x.Fact(r.Stdout == "main answers\ndeferred by itself\n", "The goroutine's own deferred functions run first, and while they do all others go on as usual. Then everything ends at once.")
			c := x.Program("panic")
			c.Env = append(c.Env, "GOTRACEBACK=crash")
			x.Fact(c.Start(x).Wait().Signal == syscall.SIGABRT, "With GOTRACEBACK=crash the program dies of SIGABRT instead, so that the system can write a core file.")
		},
		So:      "Whoever starts a goroutine with foreign code in it decides there what a panic means. To stop gracefully in spite of one, recover in that goroutine, keep the stack and ask the program to stop.",
		Covered: []string{"quiesce.App.Run", "quiesce.App.Main"},
		Vet:     "a go statement that runs a callback or a handler without a recover",
	}
}

// panicAside panics in a goroutine whose deferred function talks to main first.
func panicAside() {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		panic(err)
	}
	defer fmt.Println("deferred by main")
	question, answer, waits := make(chan int), make(chan int), make(chan int)
	go func() {
		defer fmt.Println("deferred by another")
		close(waits)
		untilStdinEnds()
	}()
	<-waits
	go func() {
		defer fmt.Println("deferred by itself")
		defer func() {
			question <- 1
			<-answer
		}()
		panic("lost")
	}()
	<-question
	fmt.Println("main answers")
	answer <- 1
	untilStdinEnds()
}
