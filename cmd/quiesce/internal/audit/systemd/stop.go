// SPDX-License-Identifier: Apache-2.0

package systemd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/signame"
)

const (
	// defaultTimeout is TimeoutStopSec if it is not set, unless the administrator has set
	// DefaultTimeoutStopSec.
	defaultTimeout = 90 * time.Second

	// reserve is what a fix adds to what a stop takes at most.
	reserve = 10 * time.Second
)

// timeout returns how long a stop may take, and how a message names it. It is false if
// that is not known.
func (u *unit) timeout() (d time.Duration, name string, at placed, ok bool) {
	s, set := u.last("TimeoutStopSec", "TimeoutSec")
	if !set {
		return defaultTimeout, "TimeoutStopSec, 90s as it is not set,", u.section(), u.whole
	}
	d, ok = span(s.value)
	return d, s.key + "=" + s.value, s, ok
}

// worst returns what the stop of the program takes at most, and what that is made of.
func (u *unit) worst() (time.Duration, string) {
	if plan := u.program.Plan; plan != nil && plan.WorstCase > 0 {
		return plan.WorstCase, manifest.Chain(plan)
	}
	if grace, err := time.ParseDuration(u.variable(quiesce.GraceVariable)); err == nil && grace > 0 {
		return grace, fmt.Sprintf("%s %v", quiesce.GraceVariable, grace)
	}
	return 0, ""
}

// timeoutTooShort: what is left at the end is killed.
func timeoutTooShort(u *unit, report manifest.Report) {
	limit, name, at, ok := u.timeout()
	worst, chain := u.worst()
	if !ok || !u.runs() || worst == 0 || limit > worst {
		return
	}
	text := "is less than"
	if limit == worst {
		text = "leaves nothing in reserve after"
	}
	f := u.at(at, fmt.Sprintf("%s %s %s", name, text, chain))
	f.Fix = fmt.Sprintf("set TimeoutStopSec=%d, or make the stop shorter", int64((worst+reserve+time.Second-1)/time.Second))
	report(f)
}

// timeoutNone: a stop that hangs is never ended.
func timeoutNone(u *unit, report manifest.Report) {
	limit, name, at, ok := u.timeout()
	if ok && limit == forever && u.runs() {
		report(u.at(at, name+": a stop that hangs is never ended, and the machine's shutdown waits for it"))
	}
}

// lasting are the services whose children are to outlive them: containers, sessions,
// machines, tasks.
var lasting = []string{
	"sshd", "ssh", "docker", "containerd", "crio", "cri-o", "podman", "nomad", "k3s", "k3s-agent", "rke2-server", "rke2-agent", "kubelet", "k0s",
	"libvirtd", "lxd", "lxc", "incus", "machined", "systemd-nspawn", "screen", "tmux", "crond", "cron", "atd", "getty",
}

// killMode: children are left running.
func killMode(u *unit, report manifest.Report) {
	s, _ := u.last("KillMode")
	if s.value != "none" && s.value != "process" || !u.runs() {
		return
	}
	delegate, _ := boolean(u.value("Delegate"))
	console := strings.HasPrefix(u.value("StandardInput"), "tty") // whose user may leave something running
	outlive := delegate || console || slices.ContainsFunc(u.names(), func(n string) bool { return slices.Contains(lasting, n) })
	switch {
	case s.value == "none":
		report(u.at(s, "KillMode=none: nothing is signalled and nothing killed; what ExecStop does not end runs on, outside of systemd's sight"))
	case !outlive:
		report(u.at(s, "KillMode=process: only the main process is stopped; its children run on after the stop, and into the next start"))
	}
}

// killSignal: the stop is asked for by a signal that is none.
func killSignal(u *unit, report manifest.Report) {
	for _, key := range []string{"KillSignal", "RestartKillSignal"} {
		s, set := u.last(key)
		name, ok := signame.Parse(s.value)
		if why := u.program.Deaf(name); set && ok && why != "" {
			report(u.at(s, fmt.Sprintf("%s=%s does not ask for a stop: %s", key, s.value, why)))
		}
	}
	stops := u.list("ExecStop")
	for _, s := range stops {
		name := kills(words(s.value))
		if end, _ := u.program.At(name); end != manifest.Ends && end != manifest.Crashes {
			continue // KillSignal follows, and does what is to be done
		}
		if why := u.program.Deaf(name); why != "" {
			report(u.at(s, fmt.Sprintf("ExecStop=%s does not ask for a stop: %s", s.value, why)))
		}
	}
	_, chosen := u.last("KillSignal")
	if why := u.program.Deaf("SIGTERM"); why != "" && !chosen && len(stops) == 0 && u.whole && u.runs() && u.value("KillMode") != "none" {
		_, at := u.start()
		if at.doc == nil {
			at = u.section()
		}
		f := u.at(at, "the stop signal SIGTERM is not handled: "+why)
		f.Fix = "handle SIGTERM in the program"
		report(f)
	}
}

// stopNotAwaited: systemd sends KillSignal to what is still there when ExecStop has ended,
// which a kill does at once.
func stopNotAwaited(u *unit, report manifest.Report) {
	all := u.list("ExecStop")
	if len(all) == 0 || u.value("KillMode") == "none" {
		return
	}
	s := all[len(all)-1]
	name := kills(words(s.value))
	_, chosen := u.last("KillSignal") // with ExecStop in mind, as SIGCONT is for httpd
	if name == "" || name == "SIGTERM" || chosen || signame.Uncatchable(name) || slices.ContainsFunc(u.names(), ignoresSecond) {
		return
	}
	f := u.at(s, fmt.Sprintf("ExecStop sends %s and does not wait: SIGTERM follows at once", name))
	f.Fix = "leave ExecStop out, and set KillSignal=" + name
	report(f)
}

// ignoresSecond reports whether a program of that name passes over SIGTERM once it is
// stopping: nats-server does so in its lame duck mode, because of its own unit.
func ignoresSecond(name string) bool { return name == "nats-server" }

// precious are the services that their makers would rather see hang than killed.
var precious = []string{"mariadb", "mysql", "mysqld"}

// noSIGKILL: what does not stop is left, and the next start meets it.
func noSIGKILL(u *unit, report manifest.Report) {
	s, _ := u.last("SendSIGKILL")
	if kill, ok := boolean(s.value); ok && !kill && !slices.ContainsFunc(u.names(), func(n string) bool { return slices.Contains(precious, n) }) {
		report(u.at(s, "SendSIGKILL="+s.value+": what does not stop in time runs on, and keeps its ports and files from the next start"))
	}
}
