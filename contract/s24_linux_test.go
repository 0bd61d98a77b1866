// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// s24 is about signals that the program was started with ignored.
func s24() claim.Claim {
	return claim.Claim{
		ID:       "S24",
		Told:     "An inherited ignore (nohup, & in a script) makes SIGINT or SIGHUP unreachable until Notify is called.",
		Programs: map[string]func(){"deaf": deaf, "takes": takesInherited},
		Trial: func(x *claim.Trial) {
			nohup := staysIgnored(x, syscall.SIGHUP, "nohup", underNohup)
			script := staysIgnored(x, syscall.SIGINT, "& in a script", inBackground)
			x.Fact(nohup.atFirst && script.atFirst, "nohup starts a program with SIGHUP ignored, & in a script with SIGINT ignored; the runtime leaves that so, and signal.Ignored tells.")
			x.Fact(nohup.afterReset && script.afterReset, "After Notify and Reset the signal is ignored again, not at its default.")

			c := x.Program("deaf")
			c.Ready = "ready"
			p := startIgnoring(x, c, "TERM")
			p.Signal(syscall.SIGTERM)
			r := p.Wait()
			x.Fact(r.Signal == syscall.SIGTERM, "Only these two stay ignored: a program that is started with SIGTERM ignored still dies of it, because the runtime installs a handler of its own (runtime/signal_unix.go, sigInstallGoHandler).")
		},
		So:      "Whoever registers SIGINT or SIGHUP without asking takes away what nohup and the shell promised. Ask signal.Ignored first, before anything registers.",
		Covered: []string{"sigmux.Inherited", "sigmux.NotifyContext"},
		Vet:     "Notify or NotifyContext for SIGHUP without asking signal.Ignored",
	}
}

// ignored says when a signal was so.
type ignored struct{ atFirst, afterReset bool }

// staysIgnored settles the claim for one signal and one way to inherit it.
func staysIgnored(x *claim.Trial, sig syscall.Signal, how string, start func(x *claim.Trial, program string) (*quiescetest.Process, int)) ignored {
	x.Helper()
	name := sigmux.Name(sig)
	p, pid := start(x, "deaf")
	atFirst := processMasks(pid).ignored.has(sig)
	p.Signal(sig)
	settled(pid)
	p.CloseStdin()
	r := p.Wait()
	x.Told(r.Signal == nil && r.Code == 0, "%s: %s does nothing to a program that does not call Notify", how, name)

	p, _ = start(x, "takes")
	p.Signal(sig)
	p.CloseStdin()
	r = p.Wait()
	x.Told(saw(x, r, "received"), "%s: %s is received after Notify", how, name)
	return ignored{atFirst && saw(x, r, "ignored at first"), saw(x, r, "ignored after Reset")}
}

// takesInherited takes SIGHUP and SIGINT and tells what it sees of it.
func takesInherited() {
	atFirst := signal.Ignored(syscall.SIGHUP) || signal.Ignored(syscall.SIGINT)
	c := notified(1, syscall.SIGHUP, syscall.SIGINT)
	ready()
	untilStdinEnds()
	fence()
	answer("ignored at first", atFirst)
	answer("received", len(received(c)) == 1)
	signal.Reset()
	m := processMasks(os.Getpid())
	answer("ignored after Reset", m.ignored.has(syscall.SIGHUP) || m.ignored.has(syscall.SIGINT))
}

func underNohup(x *claim.Trial, program string) (p *quiescetest.Process, pid int) {
	x.Helper()
	c := x.Program(program)
	c.Ready, c.Args = "ready", append([]string{"nohup"}, c.Args...)
	p = c.Start(x)
	return p, p.PID()
}

// inBackground starts a program with & in a script, which would give it an empty
// standard input.
func inBackground(x *claim.Trial, program string) (p *quiescetest.Process, pid int) {
	x.Helper()
	c := x.Program(program)
	c.Ready, c.Args = "ready", append([]string{"sh", "-c", `exec 3<&0; "$@" <&3 & wait $!`, "sh"}, c.Args...)
	p = c.Start(x)
	pid = onlyChild(x, p.PID())
	p.Follow(pid)
	return p, pid
}
