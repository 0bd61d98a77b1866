// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"fmt"
	"strings"
)

// The model of a gate under concurrent use. A process is a worker or a closer;
// each of its steps is one atomic operation, made on a real Gate by the methods
// that the real callers use:
//
//	place      step                               in the code
//	outside    arrive                             Enter
//	refused    turnBack                           Enter → refuse
//	inside     word.Add(departure)                Leave
//	settling   settle(-1)                         Leave → leaveBarred
//	firing     lock, close the channel, unlock    Leave → leaveBarred
//	shutting   lock; the first one goes on        Shut
//	barring    bar                                Shut
//	adding     settle(n)                          Shut
//	closing    close the channel                  Shut
//	unlocking  unlock                             Shut
//
// A refused worker comes back as often as it likes.
type place uint8

const (
	outside place = iota
	refused
	inside
	settling
	firing
	shutting
	barring
	adding
	closing
	unlocking
	done

	spare1 // for steps that only broken gates have
	spare2
)

var placeNames = [...]string{
	"outside", "refused", "inside", "settling", "firing", "shutting", "barring",
	"adding", "closing", "unlocking", "done", "spare1", "spare2",
}

func (p place) String() string { return placeNames[p] }

// maxProcs is the most processes in one exploration.
const maxProcs = 8

// A state is what all processes share, and where each of them is.
type state struct {
	word  uint64
	rem   int64
	flag  bool // for broken gates that have one beside the word
	shut  bool
	lock  bool
	fired uint8
	procs [maxProcs]proc
}

type proc struct {
	at place
	n  int8 // what bar returned, or what a broken gate remembers
}

// A machine makes the steps. Its gate is loaded from the state before each step
// and read back after it.
type machine struct {
	state
	gate *Gate
}

// A step moves one process on. It returns false, and changes nothing, if the
// process has to wait.
type step func(m *machine, p *proc) bool

// An algorithm has a step for each place that processes can be at.
type algorithm map[place]step

// theGate is the algorithm of the package.
var theGate = algorithm{
	outside: func(m *machine, p *proc) bool {
		return p.enter(m.gate.arrive()&barred == 0)
	},
	refused: func(m *machine, p *proc) bool {
		m.gate.turnBack()
		return p.to(outside)
	},
	inside: func(m *machine, p *proc) bool {
		return p.branch(m.gate.word.Add(departure)&barred != 0, settling, done)
	},
	settling: func(m *machine, p *proc) bool {
		return p.branch(m.gate.settle(-1), firing, done)
	},
	firing: func(m *machine, p *proc) bool {
		if m.lock {
			return false
		}
		m.fired++
		return p.to(done)
	},
	shutting: func(m *machine, p *proc) bool {
		if m.lock {
			return false
		}
		m.lock = true
		first := !m.shut
		m.shut = true
		return p.branch(first, barring, unlocking)
	},
	barring: func(m *machine, p *proc) bool {
		p.n = int8(m.gate.bar())
		return p.to(adding)
	},
	adding: func(m *machine, p *proc) bool {
		return p.branch(m.gate.settle(int64(p.n)), closing, unlocking)
	},
	closing: func(m *machine, p *proc) bool {
		m.fired++
		return p.to(unlocking)
	},
	unlocking: func(m *machine, p *proc) bool {
		m.lock = false
		return p.to(done)
	},
}

func (p *proc) to(next place) bool {
	p.at = next
	return true
}

func (p *proc) branch(cond bool, yes, no place) bool {
	if cond {
		return p.to(yes)
	}
	return p.to(no)
}

func (p *proc) enter(admitted bool) bool { return p.branch(admitted, inside, refused) }

// run makes the step of process i and reports whether it could.
func (m *machine) run(a algorithm, i int) bool {
	f := a[m.procs[i].at]
	if f == nil {
		return false
	}
	m.gate.word.Store(m.word)
	m.gate.rem.Store(m.rem)
	ok := f(m, &m.procs[i])
	// Arrivals say nothing about what comes next. Held at their maximum they
	// keep the states finite, and each arrival wraps off the top.
	m.word = m.gate.word.Load() | ^uint64(1<<32-1)
	m.rem = m.gate.rem.Load()
	return ok
}

// count returns how many processes are at one of the places.
func (s *state) count(places ...place) int {
	n := 0
	for _, p := range s.procs {
		for _, at := range places {
			if p.at == at {
				n++
			}
		}
	}
	return n
}

// broken returns which promise does not hold in s, or "".
func (s *state) broken() string {
	admitted := s.count(inside, settling)
	closers := s.count(shutting, barring, adding, closing, unlocking)
	switch {
	case s.fired > 1:
		return "fired twice"
	case s.fired == 1 && admitted > 0:
		return "false zero: fired with admitted work in flight"
	case s.fired == 0 && admitted == 0 && closers == 0 && s.count(firing, spare2) == 0:
		return "lost or late zero: shut, nothing admitted left, not fired"
	}
	return ""
}

// overcounted checks what InFlight says wherever it would not have to wait for
// the lock.
func (m *machine) overcounted() string {
	if m.lock {
		return ""
	}
	want := m.count(inside, settling)
	m.gate.word.Store(m.word)
	m.gate.rem.Store(m.rem)
	if got := m.gate.InFlight(); got != want {
		return fmt.Sprintf("InFlight is %d with %d in flight", got, want)
	}
	return ""
}

// An exploration is everything that can happen to some workers and closers.
type exploration struct {
	algorithm
	workers, closers int

	from   map[state]state // each state seen, and one that led to it
	broken string          // the first broken promise, "" if all hold
	at     state           // where it does not hold
}

// explore visits every state that can be reached.
func (x *exploration) explore(check func(m *machine) string) {
	var s state
	s.word = ^uint64(1<<32 - 1)
	for i := range s.procs {
		switch {
		case i < x.workers:
			s.procs[i].at = outside
		case i < x.workers+x.closers:
			s.procs[i].at = shutting
		default:
			s.procs[i].at = done
		}
	}
	x.from = map[state]state{s: s}
	m := &machine{gate: new(Gate)}
	for todo := []state{s}; len(todo) > 0 && x.broken == ""; {
		s, todo = todo[0], todo[1:] // breadth first: the shortest way to a mistake
		todo = x.visit(m, s, todo, check)
	}
}

// visit checks one state and adds the new ones after it to todo. Refused
// workers can go round for ever, so they do not count as progress.
func (x *exploration) visit(m *machine, s state, todo []state, check func(m *machine) string) []state {
	m.state = s
	x.at = s
	if x.broken = s.broken(); x.broken == "" {
		x.broken = check(m)
	}
	progress := false
	for i, p := range s.procs {
		m.state = s
		if !m.run(x.algorithm, i) {
			continue
		}
		progress = progress || p.at != outside && p.at != refused
		if _, seen := x.from[m.state]; !seen {
			x.from[m.state] = s
			todo = append(todo, m.state)
		}
	}
	if over := s.count(outside, refused, done) == maxProcs; x.broken == "" && !progress && !over {
		x.broken = "stuck"
	}
	return todo
}

// path prints how the broken state was reached.
func (x *exploration) path() string {
	var lines []string
	for s := x.at; ; s = x.from[s] {
		lines = append(lines, fmt.Sprintf("word %#010x rem %2d fired %d  %v", uint32(s.word), s.rem, s.fired, s.procs[:x.workers+x.closers]))
		if x.from[s] == s {
			break
		}
	}
	var b strings.Builder
	for i := len(lines) - 1; i >= 0; i-- {
		b.WriteString("\n\t" + lines[i])
	}
	return b.String()
}
