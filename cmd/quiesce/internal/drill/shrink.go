// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const (
	// shrinkTime is how long a failing schedule may be made smaller.
	shrinkTime = 10 * time.Second

	// shrinkTries is how often a smaller one may fail to fail.
	shrinkTries = 5
)

// shrink looks for the smallest schedule that fails as one did, and notes it with the
// command line that repeats it. Its rounds are not the run's: they would say that
// more fails than does.
func (d *drill) shrink(ctx context.Context) {
	s, ids := d.failing()
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, shrinkTime, errors.New("enough"))
	defer cancel()
	d.note("making the schedule smaller that fails %s", strings.Join(ids, ", "))
	small := smallest(s, d.stopSignal(), func(candidate record.Schedule) bool { return d.fails(ctx, candidate, ids) })
	d.current.shut()
	d.current = nil
	d.run.Smallest = &small
	d.run.Replay = d.replay(small)
}

// failing returns the schedule of a round that fails, a plain one if there is one,
// and what it fails.
func (d *drill) failing() (s record.Schedule, ids []string) {
	for i := range d.run.Rounds {
		r := &d.run.Rounds[i]
		found := judge.Fails(&d.run.Setup, r)
		if len(found) == 0 || len(ids) > 0 && r.Schedule.Situation != record.Plain {
			continue
		}
		s, ids = r.Schedule, found
		if s.Situation == record.Plain {
			break
		}
	}
	return s, ids
}

// fails tries a schedule until it fails one of the checks.
func (d *drill) fails(ctx context.Context, s record.Schedule, ids []string) bool {
	for range shrinkTries {
		r := d.newRound(s)
		if err := d.make(ctx, r); err != nil {
			return false
		}
		for _, id := range judge.Fails(&d.run.Setup, &r.rec) {
			if slices.Contains(ids, id) {
				return true
			}
		}
	}
	return false
}

// smallest makes a schedule smaller, step by step, as long as what is left fails. Stop
// is the signal without which it is none.
func smallest(s record.Schedule, stop string, fails func(record.Schedule) bool) record.Schedule {
	for {
		candidates := smaller(s, stop)
		i := slices.IndexFunc(candidates, fails)
		if i < 0 {
			return s
		}
		s = candidates[i]
	}
}

// smaller returns the schedules that are one step smaller, the best step first.
func smaller(s record.Schedule, stop string) []record.Schedule {
	if s.Situation == record.AtStart {
		return nil
	}
	if s.Situation != record.Plain {
		return []record.Schedule{plainly(s, stop)}
	}
	var out []record.Schedule
	if len(s.Loads) > 1 {
		for _, name := range s.Loads {
			c := s
			c.Loads = []string{name}
			out = append(out, c)
		}
	}
	for _, n := range []int{1, 2, 4, 8, 16, 32} {
		if s.Callers == 0 || n < s.Callers {
			c := s
			c.Callers = n
			out = append(out, c)
		}
	}
	return out
}

// plainly returns the schedule with nothing special about it: one signal.
func plainly(s record.Schedule, stop string) record.Schedule {
	s.Situation = record.Plain
	for _, at := range s.Signals {
		if at.Signal == stop {
			at.Group = false
			s.Signals, s.Window = []record.SignalAt{at}, at.After
			return s
		}
	}
	return s
}

// replay returns the command line that makes only that schedule.
func (d *drill) replay(s record.Schedule) string {
	words := []string{"quiesce", "drill", "--seed", strconv.FormatUint(s.Seed, 10), "--replay", s.String()}
	words = append(words, d.Flags...)
	if len(d.Setup.Command) > 0 {
		words = append(append(words, "--"), d.Setup.Command...)
	}
	for i, word := range words {
		words[i] = quote(word)
	}
	return strings.Join(words, " ")
}

// quote writes a word so that a shell reads it as one.
func quote(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,@%+"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
