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
	parts   []part
	actions []action
}

// A part is a component or a free hook.
type part struct {
	name   string
	free   bool
	phase  quiesce.Phase // of a free hook
	fields map[string]string
}

// An action is something done to the app at its time.
type action struct {
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
		p := part{name: words[1], fields: parseFields(words[2:])}
		sc.parts = append(sc.parts, p)
		return p.check()
	case words[0] == "hook" && len(words) > 2:
		p := part{name: words[2], free: true, fields: parseFields(words[3:])}
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
		var phase quiesce.Phase
		name, isLimit := strings.CutPrefix(key, "limit.")
		if isLimit {
			if err := phase.UnmarshalText([]byte(name)); err != nil {
				return err
			}
		}
		d, err := time.ParseDuration(value)
		if err != nil && key != "preset" {
			return err
		}
		var o quiesce.Option
		switch {
		case isLimit:
			o = quiesce.WithPhaseLimit(phase, d)
		case key == "grace":
			o = quiesce.WithGracePeriod(d)
		case key == "delay":
			o = quiesce.WithReadinessDelay(d)
		case key == "forcegrace":
			o = quiesce.WithForceGrace(d)
		case key == "preset":
			o = presets[value]
		}
		if o == nil {
			return fmt.Errorf("unknown option %s=%s", key, value)
		}
		sc.options = append(sc.options, o)
	}
	return nil
}

// presets write no termination log here: a test may run in a pod.
var presets = map[string]quiesce.Option{
	"kubernetes": both{quiesce.WithTerminationLog(""), quiesce.Kubernetes()}.first(),
}

func (sc *scenario) action(words []string) error {
	a := action{verb: words[1], arg: strings.Join(words[2:], " "), early: words[0] == "before"}
	if verbs[a.verb] == nil {
		return fmt.Errorf("unknown verb %q", a.verb)
	}
	if !a.early {
		at, err := time.ParseDuration(words[0])
		if err != nil {
			return err
		}
		if n := len(sc.actions); n > 0 && sc.actions[n-1].at > at {
			return fmt.Errorf("%v is before the action above", at)
		}
		a.at = at
	}
	sc.actions = append(sc.actions, a)
	return nil
}

// check finds what add would not understand.
func (p part) check() error {
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
