// SPDX-License-Identifier: Apache-2.0

package record

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// String returns the text form of a schedule, which [ParseSchedule] reads:
// its situation, its signals, and its loads if it has any.
//
//	plain/TERM@37ms/keepalive,new:8
//	term_int/TERM@12ms+INT@300ms/keepalive
//	group/TERM@5ms:group/keepalive:8
//	start/TERM@3ms
//
// The number after the loads is Callers. The seed is no part of it.
func (s Schedule) String() string {
	signals := make([]string, len(s.Signals))
	for i, at := range s.Signals {
		signals[i] = at.String()
	}
	text := string(s.Situation) + "/" + strings.Join(signals, "+")
	if len(s.Loads) == 0 {
		return text
	}
	text += "/" + strings.Join(s.Loads, ",")
	if s.Callers > 0 {
		text += ":" + strconv.Itoa(s.Callers)
	}
	return text
}

// String returns "TERM@37ms", or "TERM@37ms:group".
func (s SignalAt) String() string {
	text := strings.TrimPrefix(s.Signal, "SIG") + "@" + s.After.String()
	if s.Group {
		text += ":group"
	}
	return text
}

// ParseSchedule reads the text form; see [Schedule.String].
func ParseSchedule(text string) (Schedule, error) {
	s, err := parseSchedule(text)
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %q: %w", text, err)
	}
	return s, nil
}

func parseSchedule(text string) (Schedule, error) {
	parts := strings.Split(text, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return Schedule{}, errors.New(`want SITUATION/SIGNAL@TIME/LOADS, such as "plain/TERM@37ms/keepalive:8"`)
	}
	s := Schedule{Situation: Situation(parts[0])}
	if !s.Situation.Known() {
		return Schedule{}, fmt.Errorf("no situation %q", parts[0])
	}
	for one := range strings.SplitSeq(parts[1], "+") {
		at, err := parseSignal(one)
		if err != nil {
			return Schedule{}, err
		}
		s.Signals = append(s.Signals, at)
	}
	if s.Situation != AtStart {
		s.Window = s.Signals[0].After
	}
	if len(parts) == 3 {
		return s, s.parseLoads(parts[2])
	}
	return s, nil
}

func parseSignal(text string) (SignalAt, error) {
	name, when, ok := strings.Cut(text, "@")
	for strings.HasPrefix(name, "SIG") {
		name = name[len("SIG"):]
	}
	if !ok || !isName(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
		return SignalAt{}, fmt.Errorf(`%q: want a signal and a time, such as "TERM@37ms"`, text)
	}
	when, group := strings.CutSuffix(when, ":group")
	after, err := time.ParseDuration(when)
	if err != nil {
		return SignalAt{}, err
	}
	if after < 0 {
		return SignalAt{}, fmt.Errorf("%q: the time is negative", text)
	}
	return SignalAt{Signal: "SIG" + name, After: after, Group: group}, nil
}

func (s *Schedule) parseLoads(text string) error {
	names, callers, limited := strings.Cut(text, ":")
	if limited {
		n, err := strconv.Atoi(callers)
		if err != nil || n < 1 {
			return fmt.Errorf("%q: want a number of clients from 1 up", callers)
		}
		s.Callers = n
	}
	s.Loads = strings.Split(names, ",")
	for _, name := range s.Loads {
		if !IsLoadName(name) {
			return fmt.Errorf("%q is no name of a load", name)
		}
	}
	return nil
}

// IsLoadName reports whether a load may be called so: small letters, digits,
// hyphens and underscores.
func IsLoadName(name string) bool { return isName(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") }

func isName(name, letters string) bool {
	return name != "" && strings.Trim(name, letters) == ""
}

// Situations returns all situations, Plain first.
func Situations() []Situation {
	return []Situation{
		Plain, AtStart, Handshake, Body, Idle, Twice, TermInt, HUP, USR1, StopCont, Group, Shell,
		SlowClient, HalfOpen, NeverReads,
	}
}

// Known reports whether there is such a situation.
func (s Situation) Known() bool {
	for _, known := range Situations() {
		if s == known {
			return true
		}
	}
	return false
}
