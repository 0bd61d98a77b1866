// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"fmt"
	"strconv"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/shell"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/signame"
)

const (
	// defaultGrace is stop_grace_period if it is not set.
	defaultGrace = 10 * time.Second

	// margin is what a fix adds to what a stop takes at most.
	margin = 5 * time.Second
)

// grace returns the service's grace period, and how a message names it. It is false if that
// is not known.
func (s *service) grace() (d time.Duration, name string, ok bool) {
	_, set := s.fields["stop_grace_period"]
	if !set {
		return defaultGrace, "stop_grace_period, 10s as it is not set,", s.whole
	}
	text := s.text("stop_grace_period")
	d, err := time.ParseDuration(text)
	if n, e := strconv.Atoi(text); e == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	return d, "stop_grace_period " + text, err == nil && d >= 0
}

// worst returns what the stop of the program takes at most, and what that is made of.
func (s *service) worst() (time.Duration, string) {
	if plan := s.program.Plan; plan != nil && plan.WorstCase > 0 {
		return plan.WorstCase, manifest.Chain(plan)
	}
	if grace, err := time.ParseDuration(s.environment(quiesce.GraceVariable)); err == nil && grace > 0 {
		return grace, fmt.Sprintf("%s %v", quiesce.GraceVariable, grace)
	}
	return 0, ""
}

// graceTooShort: what is left at the end is killed.
func graceTooShort(s *service, report manifest.Report) {
	grace, name, ok := s.grace()
	worst, chain := s.worst()
	if !ok || worst == 0 || grace >= worst {
		return
	}
	f := s.at("stop_grace_period", fmt.Sprintf("%s is less than %s", name, chain))
	f.Fix = fmt.Sprintf("set stop_grace_period: %v, or make the stop shorter", (worst + margin).Round(time.Second))
	report(f)
}

// stopSignal: the signal is none, or none that the program handles. If it is not set, it is that
// of the image, which mostly has none, and then SIGTERM.
func stopSignal(s *service, report manifest.Report) {
	text := s.text("stop_signal")
	if text == "" {
		_, set := s.fields["stop_signal"]
		set = set || s.image != nil && s.image.StopSignal != ""
		if why := s.program.Deaf("SIGTERM"); why != "" && !set && s.whole {
			f := s.at("stop_signal", "the stop signal SIGTERM is not handled: "+why)
			f.Fix = "handle SIGTERM in the program"
			report(f)
		}
		return
	}
	name, ok := signame.Parse(text)
	why := s.program.Deaf(name)
	if !ok {
		why = "there is no such signal, and the service does not start"
	}
	if why == "" {
		return
	}
	report(s.at("stop_signal", fmt.Sprintf("stop_signal %s does not ask for a stop: %s", text, why)))
}

// process returns the shell's command, if the project lets the service run one, the field that
// says so and the init before it.
func (s *service) process() (script shell.Script, name, key string, init shell.Init, ok bool) {
	words, key := s.runs()
	if len(words) == 0 || !s.whole || s.oneShot() {
		return script, "", "", init, false
	}
	if s.image != nil {
		init, words = s.image.Runs(s.words("entrypoint"), s.words("command"))
	} else {
		init, words = shell.CutInit(words)
	}
	if set, _ := s.fields["init"].value.(bool); set && init.Name == "" {
		init.Name = "init: true"
	}
	name, text := shell.Command(words)
	if script, ok = shell.Parse(text); name == "" || !ok || init.Whole {
		return script, "", "", init, false
	}
	return script, name, key, init, true
}

// oneShot reports whether the service is one that does something and is done: others wait for
// that, or it is for a profile.
func (s *service) oneShot() bool {
	_, profiles := s.fields["profiles"]
	if profiles || s.text("restart") == "on-failure" {
		return true
	}
	for _, other := range s.project.services {
		needs, _ := other.fields["depends_on"].value.(map[string]any)
		if need, _ := needs[s.name].(map[string]any); need["condition"] == "service_completed_successfully" {
			return true
		}
	}
	return false
}

// shellAsPID1: a shell that stays gets the signals. What is only likely, because the image
// does not say which shell it has, is left alone.
func shellAsPID1(s *service, report manifest.Report) {
	script, name, key, init, ok := s.process()
	if !ok || init.Group {
		return
	}
	sure, who := script.StaysIn(name, s.base())
	if sure != shell.Certain {
		return
	}
	outcome := who + " stays process 1, and SIGTERM does not reach the program"
	if init.Name != "" {
		outcome = fmt.Sprintf("%s passes SIGTERM to %s alone, which ends at once; the program is killed with the container", init.Name, who)
	}
	report(s.at(key, fmt.Sprintf("%s -c %q: %s", name, script.Words(), outcome)))
}

// noInit: what the script leaves in the background is the server's child, and not its own.
func noInit(s *service, report manifest.Report) {
	script, _, key, init, ok := s.process()
	if !ok || init.Name != "" {
		return
	}
	if words, _ := script.Leaves(); words != "" {
		report(s.at(key, fmt.Sprintf("%q is left in the background to a program that as process 1 neither signals nor reaps it", words)))
	}
}
