// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"maps"
	"testing"
)

// A brokenGate is the gate with some steps replaced.
type brokenGate struct {
	name  string
	steps algorithm
}

// present is what a gate without rem would look at.
func present(word uint64) int8 { return int8(word & countMask) }

// The gates that were not built.
var brokenGates = []brokenGate{
	{"the undoing tests for zero as well", algorithm{
		refused: func(m *machine, p *proc) bool {
			return p.branch(present(m.gate.word.Add(departure)) == 0, firing, outside)
		},
	}},
	{"one word, the undoing does not test", algorithm{
		inside:  leaveOneWord,
		barring: shutOneWord,
	}},
	{"one word, the undoing tests", algorithm{
		inside:  leaveOneWord,
		barring: shutOneWord,
		refused: func(m *machine, p *proc) bool {
			return p.branch(m.gate.word.Add(departure)&(shutBit|countMask) == shutBit, firing, outside)
		},
	}},
	{"n is read again after the bit is set", algorithm{
		barring: func(m *machine, p *proc) bool {
			m.gate.bar()
			return p.to(spare1)
		},
		spare1: countAgain,
	}},
	{"n is read before the bit is set", algorithm{
		barring: func(m *machine, p *proc) bool {
			p.n = present(m.gate.word.Load())
			return p.to(spare1)
		},
		spare1: func(m *machine, p *proc) bool {
			m.gate.bar()
			return p.to(adding)
		},
	}},
	{"the flag is a second word", algorithm{
		outside: func(m *machine, p *proc) bool {
			m.gate.arrive()
			return p.to(spare2)
		},
		spare2: func(m *machine, p *proc) bool { return p.enter(!m.flag) },
		inside: func(m *machine, p *proc) bool {
			m.gate.word.Add(departure)
			return p.to(spare1)
		},
		spare1: func(m *machine, p *proc) bool {
			if p.isCloser(m) {
				return countAgain(m, p)
			}
			return p.branch(m.flag, settling, done)
		},
		barring: func(m *machine, p *proc) bool {
			m.flag = true
			return p.to(spare1)
		},
	}},
	{"a flag and a WaitGroup", algorithm{
		outside: func(m *machine, p *proc) bool { return p.branch(m.flag, outside, spare2) },
		spare2: func(m *machine, p *proc) bool { // Add
			m.gate.arrive()
			return p.to(inside)
		},
		inside: func(m *machine, p *proc) bool { // Done
			m.gate.word.Add(departure)
			return p.to(done)
		},
		barring: func(m *machine, p *proc) bool {
			m.flag = true
			return p.to(spare1)
		},
		spare1: func(m *machine, p *proc) bool { // Wait
			return present(m.gate.word.Load()) == 0 && p.to(closing)
		},
	}},
	{"Enter looks first, then adds", algorithm{
		outside: func(m *machine, p *proc) bool {
			return p.branch(m.gate.word.Load()&barred != 0, outside, spare2)
		},
		spare2: func(m *machine, p *proc) bool {
			m.gate.arrive()
			return p.to(inside)
		},
	}},
	{"Leave looks first, then adds", algorithm{
		inside: func(m *machine, p *proc) bool {
			p.n = 0
			if m.gate.word.Load()&barred != 0 {
				p.n = 1
			}
			return p.to(spare1)
		},
		spare1: func(m *machine, p *proc) bool {
			m.gate.word.Add(departure)
			return p.branch(p.n == 1, settling, done)
		},
	}},
	{"Shut does not look at what it added", algorithm{
		adding: func(m *machine, p *proc) bool {
			m.gate.settle(int64(p.n))
			return p.to(unlocking)
		},
	}},
	{"every Shut adds the bit", algorithm{
		shutting: func(m *machine, p *proc) bool {
			if m.lock {
				return false
			}
			m.lock = true
			return p.to(barring)
		},
	}},
	{"Shut fires although its lock is held", algorithm{
		closing: theGate[firing],
	}},
}

func leaveOneWord(m *machine, p *proc) bool {
	return p.branch(m.gate.word.Add(departure)&(shutBit|countMask) == shutBit, firing, done)
}

func shutOneWord(m *machine, p *proc) bool {
	return p.branch(m.gate.bar() == 0, closing, unlocking)
}

func countAgain(m *machine, p *proc) bool {
	p.n = present(m.gate.word.Load())
	return p.to(adding)
}

func (p *proc) isCloser(m *machine) bool { return p == &m.procs[3] || p == &m.procs[4] }

// TestBrokenGatesAreCaught shows that the exploration finds what it is for.
func TestBrokenGatesAreCaught(t *testing.T) {
	for _, b := range brokenGates {
		t.Run(b.name, func(t *testing.T) {
			x := exploration{algorithm: b.with(theGate), workers: 3, closers: 2}
			x.explore(func(*machine) string { return "" })
			if x.broken == "" {
				t.Fatalf("nothing wrong in %d states", len(x.from))
			}
			t.Logf("%s%s", x.broken, x.path())
		})
	}
}

func (b brokenGate) with(a algorithm) algorithm {
	all := maps.Clone(a)
	maps.Copy(all, b.steps)
	return all
}
