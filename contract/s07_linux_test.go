// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"slices"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s07 is about SIGUSR1 and SIGUSR2.
func s07() claim.Claim {
	return claim.Claim{
		ID:   "S07",
		Told: "SIGUSR2 can be caught where SIGUSR1 can not.",
		Programs: map[string]func(){
			"answering": answering,
			"users":     func() { printsUntilTerm(syscall.SIGUSR1, syscall.SIGUSR2) },
			"http2":     func() { serveHTTP2(); printsUntilTerm(syscall.SIGUSR1, syscall.SIGUSR2) },
		},
		Trial: func(x *claim.Trial) {
			ordinary := receives(x, x.Program("users"), syscall.SIGUSR1, syscall.SIGUSR2)
			http2 := receives(x, x.Program("http2"), syscall.SIGUSR1, syscall.SIGUSR2)
			ignored := receives(x, ignoredByParent(x.Program("users"), "USR1 USR2"), syscall.SIGUSR1, syscall.SIGUSR2)
			onlySecond := func(got []string) bool { return slices.Equal(got, []string{"SIGUSR2"}) }
			x.Told(onlySecond(ordinary), "an ordinary program receives SIGUSR2 and not SIGUSR1")
			x.Told(onlySecond(http2), "one that serves HTTP/2 receives SIGUSR2 and not SIGUSR1")
			x.Told(onlySecond(ignored), "one whose parent ignored both receives SIGUSR2 and not SIGUSR1")
			both := func(got []string) bool { return slices.Equal(got, []string{"SIGUSR1", "SIGUSR2"}) }
			x.Fact(both(ordinary) && both(http2) && both(ignored), "Notify receives both: in an ordinary program, in one that serves HTTP/2, and in one that was started with both ignored.")
			s := newSubject(x, x.Program("answering"))
			x.Fact(s.take(syscall.SIGUSR1) == goesOn && s.take(syscall.SIGUSR2) == goesOn, "Without a listener both do nothing.")
		},
		So:      "Take either; to the runtime there is no difference. What other programs use SIGUSR1 for (a restart, a rotation of logs, a dump) may be a reason to choose.",
		Covered: []string{"sigmux.Mux.Handle"},
	}
}
