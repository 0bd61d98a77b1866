// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/sigmux"
)

const (
	// writeLoad is the name of the load of acknowledged writes.
	writeLoad = "write"

	// spread is how many rounds there are to one with a situation, once each
	// situation was tried: about four of five rounds are plain in all.
	spread = 8

	// fewCallers is how many clients of a load there are beside a situation.
	fewCallers = 8

	// unknownPlan is how many rounds Plan lists if only the time is limited.
	unknownPlan = 100

	// again is how long after the first signal the second comes, at least: later
	// than a stop takes that nothing hinders, and than the 200 ms within which
	// quiesce takes it for a repeat of the same one.
	again = 250 * time.Millisecond
)

// loadNames returns the names of all loads.
func (c *Config) loadNames() []string {
	var names []string
	for _, l := range c.Loads {
		names = append(names, l.Name)
	}
	if c.Write != nil {
		names = append(names, writeLoad)
	}
	return names
}

// cannot returns why a situation cannot be tried, "" if it can.
func (c *Config) cannot(s record.Situation) string {
	switch {
	case s == record.Plain:
		return ""
	case c.Setup.Mode != record.Restart:
		return "only where the server is stopped and started again"
	case len(c.Setup.Command) == 0 && (s == record.AtStart || s == record.Shell || s == record.Group):
		return "needs a server that the drill has started"
	}
	return ""
}

// situations returns those that can be tried.
func (c *Config) situations() []record.Situation {
	var can []record.Situation
	for _, s := range c.Situations {
		if c.cannot(s) == "" {
			can = append(can, s)
		}
	}
	return can
}

// Plan returns what would be done. If only the time limits it, that goes on as it
// begins.
func (c *Config) Plan() []record.Schedule {
	n := c.Setup.Rounds
	if n == 0 {
		n = unknownPlan
	}
	plan := make([]record.Schedule, n)
	for i := range plan {
		plan[i] = c.schedule(i, 0)
	}
	return plan
}

// schedule returns the one of round i, from 0. It depends on nothing but the
// configuration, i, and how long the server took to start so far (0: nobody knows).
func (c *Config) schedule(i int, start time.Duration) record.Schedule {
	if c.Replay != nil {
		s := *c.Replay
		if s.Seed == 0 {
			s.Seed = c.Setup.Seed
		}
		return s
	}
	rng := rand.New(rand.NewPCG(c.Setup.Seed, uint64(i)))
	s := record.Schedule{Seed: shortSeed(rng.Uint64()), Situation: c.situation(i), Loads: c.loadNames()}
	if s.Situation != record.Plain {
		s.Callers = fewCallers
	}
	if s.Situation == record.AtStart {
		s.Loads, s.Callers = nil, 0
		s.Signals = []record.SignalAt{{Signal: c.Setup.Signal, After: drawEarly(rng, start)}}
		return s
	}
	s.Signals = c.signals(s.Situation, rng)
	s.Window = s.Signals[0].After
	return s
}

// situation returns that of round i: every other one until each was tried, then one
// in spread.
func (c *Config) situation(i int) record.Situation {
	can := c.situations()
	n := len(can)
	switch {
	case n == 0 || i%2 == 0:
		return record.Plain
	case i < 2*n:
		return can[i/2]
	case (i-2*n)%spread != spread-1:
		return record.Plain
	}
	return can[(i-2*n)/spread%n]
}

// signals draws what is sent, and when.
func (c *Config) signals(s record.Situation, rng *rand.Rand) []record.SignalAt {
	const ms = time.Millisecond
	at := func(signal string, from, to time.Duration) record.SignalAt {
		return record.SignalAt{Signal: signal, After: draw(rng, from, to)}
	}
	stop := at(c.stopSignal(), 5*ms, 60*ms)
	switch s {
	case record.Twice:
		return []record.SignalAt{stop, at(c.Setup.Signal, c.Setup.Delay+again, c.Setup.Delay+again+100*ms)}
	case record.TermInt:
		return []record.SignalAt{stop, at(c.otherSignal(), c.Setup.Delay+again, c.Setup.Delay+again+100*ms)}
	case record.HUP:
		return []record.SignalAt{at("SIGHUP", 5*ms, 30*ms), stop}
	case record.USR1:
		return []record.SignalAt{at("SIGUSR1", 5*ms, 30*ms), stop}
	case record.StopCont:
		return []record.SignalAt{
			at("SIGSTOP", 5*ms, 30*ms), at("SIGCONT", 20*ms, 50*ms), stop, at("SIGSTOP", 0, 2*ms), at("SIGCONT", 20*ms, 50*ms),
		}
	case record.Group:
		stop.Group = true
	}
	return []record.SignalAt{stop}
}

// stopSignal returns the signal that ends the instance, or makes it hand over.
func (c *Config) stopSignal() string {
	if c.Setup.Mode != record.Upgrade {
		return c.Setup.Signal
	}
	return sigmux.Name(c.Upgrade)
}

// otherSignal returns what comes after the stop signal in [record.TermInt].
func (c *Config) otherSignal() string {
	if c.Setup.Signal == "SIGINT" {
		return "SIGTERM"
	}
	return "SIGINT"
}

// draw returns a time between two, in tenths of a millisecond.
func draw(rng *rand.Rand, from, to time.Duration) time.Duration {
	const unit = 100 * time.Microsecond
	return from + time.Duration(rng.Int64N(int64((to-from)/unit)+1))*unit
}

// drawEarly returns a time after the start of a process that takes that long to start,
// or mostly does not. Each order of magnitude is as likely as the other: most of what
// goes wrong does at the very beginning, or just before it is ready.
func drawEarly(rng *rand.Rand, start time.Duration) time.Duration {
	const (
		unknown = 200 * time.Millisecond // servers take from 3 ms to a second
		orders  = 1.5
	)
	if start <= 0 {
		start = unknown
	}
	at := float64(start) * 1.25 * math.Pow(10, -orders*rng.Float64())
	return time.Duration(at).Round(10 * time.Microsecond)
}
