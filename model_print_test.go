// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce"
)

var (
	endNames   = [...]string{"nil", "its context's error", "its context's cause", "an error", "an error with a code", "panic", "Goexit"}
	waitNames  = [...]string{"", "obeys", "obeys its work context", "hangs"}
	forceNames = [...]string{"", "releases", "releases late", "panics", "exits", "hangs", "shuts down"}
	callNames  = [...]string{
		"Shutdown", "Shutdown with a code", "Hurry", "Wait", "cancel parent", "SIGTERM", "SIGINT", "SIGHUP", "register", "Report", "Add", "StillRunning",
	}
	sinkNames = [...]string{"panics", "exits", "hangs", "slow", "calls"}
)

// String describes the program, so that it can be understood without a run.
func (p *program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "preset %s, grace %v, readiness delay %v, force grace %v, phase limits %v\n",
		presetNames[p.preset], p.grace, p.delay, p.forceGrace, p.limits)
	if p.stall != quiesce.PhaseStart {
		fmt.Fprintf(&b, "the coordinator hangs before %v\n", p.stall)
	}
	for _, c := range p.parts {
		fmt.Fprintf(&b, "%s%s\n", c.name, c.traits())
		for k, h := range c.hooks {
			if h != nil {
				fmt.Fprintf(&b, "    %v: %v\n", quiesce.HookKind(k), h)
			}
		}
	}
	for _, s := range p.sinks {
		fmt.Fprintf(&b, "sink %s at event %d (%v)\n", sinkNames[s.kind], s.nth, s.slow)
	}
	for _, a := range p.acts {
		fmt.Fprintf(&b, "at %v: %v\n", a.at, a.call)
	}
	return b.String()
}

// traits lists what is special about a part.
func (c *part) traits() string {
	var b strings.Builder
	add := func(is bool, format string, args ...any) {
		if is {
			fmt.Fprintf(&b, ", "+format, args...)
		}
	}
	add(len(c.needs) > 0, "needs %v", c.needs)
	add(c.free, "free in %v", c.phase)
	add(c.late, "registered late")
	add(c.outer, "outer")
	add(c.serves, "serves")
	add(c.job, "job")
	add(c.mayEnd, "may end")
	add(c.bestEffort, "best effort")
	add(c.critical, "critical %v", c.reserve)
	add(c.limits != [numModelPhases]time.Duration{}, "limits %v", c.limits)
	add(c.force != forceNone, "force %s", forceNames[c.force])
	return b.String()
}

func (b *behaviour) String() string {
	text := fmt.Sprintf("busy %v", b.busy)
	for _, c := range b.calls {
		text += fmt.Sprintf(", calls %v", c)
	}
	if b.wait != waitNone {
		text += ", " + waitNames[b.wait]
	}
	return text + fmt.Sprintf(", after %v returns by %s", b.lag, endNames[b.end])
}

func (c call) String() string {
	if c.do == callRegister {
		return fmt.Sprintf("%s %d", callNames[c.do], c.arg)
	}
	return callNames[c.do]
}

// String has everything there is to know of a schedule that failed.
func (v *verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d (a seed fixes the program, not how it interleaves)\n", v.p.seed)
	for _, text := range v.broken {
		fmt.Fprintf(&b, "BROKEN %s\n", text)
	}
	fmt.Fprintf(&b, "--- program\n%v--- events\n", v.p)
	for _, r := range v.events {
		fmt.Fprintf(&b, "%4d %12v %T %v\n", r.Seq, r.At.Sub(v.began), r.Event, r.Event)
	}
	fmt.Fprintf(&b, "--- what the hooks saw (Run returned at %v: %v)\n", v.returned, v.runErr)
	for i := range v.entries {
		fmt.Fprintf(&b, "%4d %v\n", i+1, v.entries[i])
	}
	if v.report != nil {
		fmt.Fprintf(&b, "--- report\n%s", v.report.Text())
	}
	return b.String()
}
