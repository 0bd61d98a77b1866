// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bufio"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s29 is about the two signals that nobody can take.
func s29() claim.Claim {
	return claim.Claim{
		ID:       "S29",
		Told:     "SIGKILL and SIGSTOP can be given to Notify, without effect.",
		Programs: map[string]func(){"notify": notifyTheTwo, "ignore": ignoreTheTwo},
		Trial: func(x *claim.Trial) {
			n, _ := sendTheTwo(x, "notify")
			i, ignored := sendTheTwo(x, "ignore")
			all := theTwo{quiet: true, untouched: true, stops: true, kills: true}
			x.Told(n.quiet && n.kills, "SIGKILL: Notify takes it without a word, and it kills")
			x.Told(n.quiet && n.stops, "SIGSTOP: Notify takes it without a word, and it stops the process")
			x.Fact(n == all, "Notify neither panics nor says anything. For the kernel nothing has changed (/proc shows neither as caught), nothing arrives, SIGSTOP stops the process and SIGKILL kills it.")
			x.Fact(i == all && ignored["Ignored"] == "true",
				"signal.Ignore is as silent; and signal.Ignored(SIGKILL) says true after it, which is wrong.")
		},
		So:      "There is no cleanup on SIGKILL: what must survive it (locks, temporary files, half-written data) has to be right at every moment, or be put right at the next start. The time before it is the grace period of whoever sends it.",
		Covered: []string{"sigmux.Mux.Handle"},
		Vet:     "SIGKILL or SIGSTOP given to signal.Notify, signal.Ignore or signal.NotifyContext (staticcheck's SA1016 finds it)",
	}
}

// theTwo is what SIGKILL and SIGSTOP do to a program that has named them.
type theTwo struct {
	quiet     bool // nothing arrives
	untouched bool // for the kernel they are neither caught nor ignored
	stops     bool // SIGSTOP does
	kills     bool // SIGKILL does
}

// sendTheTwo sends them to a program, and returns what it said too.
func sendTheTwo(x *claim.Trial, program string) (t theTwo, said map[string]string) {
	x.Helper()
	p := x.Start(program) // ready: the call has returned
	m := processMasks(p.PID())
	taken := m.caught | m.ignored
	t.untouched = !taken.has(syscall.SIGKILL) && !taken.has(syscall.SIGSTOP)
	halt(p)
	t.stops = p.Signal(syscall.SIGCONT)
	p.Send("?\n")
	t.quiet = p.Await("arrived: ") == "arrived: none"
	p.Signal(syscall.SIGKILL)
	r := p.Wait()
	t.kills = r.Signal == syscall.SIGKILL
	return t, answers(x, r)
}

// notifyTheTwo says what arrived when it is asked.
func notifyTheTwo() {
	c := make(chan os.Signal, 9)
	//lint:ignore SA1016 what it does is the question
	signal.Notify(c, syscall.SIGKILL, syscall.SIGSTOP)
	ready()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		handled(os.Getpid())
		served()
		answer("arrived", names(received(c)))
	}
}

// ignoreTheTwo says what signal.Ignored thinks of it.
func ignoreTheTwo() {
	//lint:ignore SA1016 what it does is the question
	signal.Ignore(syscall.SIGKILL, syscall.SIGSTOP)
	answer("Ignored", signal.Ignored(syscall.SIGKILL))
	notifyTheTwo()
}
