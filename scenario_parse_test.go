// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce"
)

// A scenario is a parsed script. Scripts have one statement a line, # begins a
// comment:
//
//	option grace=10s delay=2s forcegrace=1s preset=kubernetes limit.drain=3s
//	component NAME [needs=A,B] [start=HOOK] [run=HOOK] [announce=HOOK] [drain=HOOK]
//	    [stop=HOOK] [force[=HOOK]] [critical=D] [limit.PHASE=D] [serves] [job]
//	    [mayend] [outer]
//	hook announce|flush NAME do=HOOK [fallback] [critical=D] [limit=D] [besteffort]
//	at TIME|before VERB [ARGUMENT]
//
// A HOOK is a list of steps with commas between them, see steps; the verbs are
// in verbs. TIME is since the app was run; before is before that.
type scenario struct {
	options []quiesce.Option
	parts   []scriptPart
	actions []scriptAction
}

// A scriptPart is a component or a free hook.
type scriptPart struct {
	name   string
	free   bool
	phase  quiesce.Phase // of a free hook
	fields map[string]string
}

// A scriptAction is something done to the app at its time.
type scriptAction struct {
	at    time.Duration
	early bool // before Run
	verb  string
	arg   string
}

func parseScenario(text string) (*scenario, error) {
	sc := &scenario{}
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if err := sc.statement(words); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return sc, nil
}

func (sc *scenario) statement(words []string) error {
	switch {
	case words[0] == "option":
		return sc.option(words[1:])
	case words[0] == "component" && len(words) > 1:
		p := scriptPart{name: words[1], fields: parseFields(words[2:])}
		sc.parts = append(sc.parts, p)
		return p.check()
	case words[0] == "hook" && len(words) > 2:
		p := scriptPart{name: words[2], free: true, fields: parseFields(words[3:])}
		sc.parts = append(sc.parts, p)
		last := &sc.parts[len(sc.parts)-1]
		if err := last.phase.UnmarshalText([]byte(words[1])); err != nil {
			return err
		}
		return p.check()
	case words[0] == "at" && len(words) > 2:
		return sc.action(words[1:])
	case words[0] == "before" && len(words) > 1:
		return sc.action(words)
	}
	return fmt.Errorf("cannot read %q", strings.Join(words, " "))
}

func parseFields(words []string) map[string]string {
	fields := make(map[string]string)
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		fields[key] = value
	}
	return fields
}

func (sc *scenario) option(words []string) error {
	for key, value := range parseFields(words) {
		if key == "preset" {
			// A test may run in a pod, where the preset's file exists.
			sc.options = append(sc.options, presets[value], quiesce.WithTerminationLog(""))
			continue
		}
		d, err := time.ParseDuration(value)
		if err != nil {
			return err
		}
		o, err := timeOption(key, d)
		if err != nil {
			return err
		}
		sc.options = append(sc.options, o)
	}
	return nil
}

var presets = map[string]quiesce.Option{
	"kubernetes":  quiesce.Kubernetes(),
	"systemd":     quiesce.Systemd(),
	"interactive": quiesce.Interactive(),
}

func timeOption(key string, d time.Duration) (quiesce.Option, error) {
	switch key {
	case "grace":
		return quiesce.WithGracePeriod(d), nil
	case "delay":
		return quiesce.WithReadinessDelay(d), nil
	case "forcegrace":
		return quiesce.WithForceGrace(d), nil
	}
	var phase quiesce.Phase
	name, _ := strings.CutPrefix(key, "limit.")
	err := phase.UnmarshalText([]byte(name))
	return quiesce.WithPhaseLimit(phase, d), err
}

func (sc *scenario) action(words []string) error {
	a := scriptAction{verb: words[1], arg: strings.Join(words[2:], " "), early: words[0] == "before"}
	if verbs[a.verb] == nil {
		return fmt.Errorf("unknown verb %q", a.verb)
	}
	if !a.early {
		at, err := time.ParseDuration(words[0])
		if err != nil {
			return err
		}
		if n := len(sc.actions); n > 0 && sc.actions[n-1].at > at {
			return fmt.Errorf("%v is before the scriptAction above", at)
		}
		a.at = at
	}
	sc.actions = append(sc.actions, a)
	return nil
}

// check finds what add would not understand.
func (p scriptPart) check() error {
	for key, value := range p.fields {
		switch key {
		case "start", "run", "announce", "drain", "stop", "force", "do":
			if _, err := parseHook(value); err != nil {
				return fmt.Errorf("%s=%s: %w", key, value, err)
			}
		case "needs", "serves", "job", "mayend", "outer", "besteffort", "fallback":
		default:
			name, _ := strings.CutPrefix(key, "limit.")
			var phase quiesce.Phase
			if key != "critical" && key != "limit" && phase.UnmarshalText([]byte(name)) != nil {
				return fmt.Errorf("unknown field %q", key)
			}
			if _, err := time.ParseDuration(value); err != nil {
				return err
			}
		}
	}
	return nil
}
