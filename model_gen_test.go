// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-quiesce/quiesce"
)

// The model test runs random apps under random circumstances in virtual time,
// and checks each against the rules of the lifecycle. This file makes up the
// apps: a program is plain data, fixed by its seed.

// A program is an app and what happens to it.
type program struct {
	seed       uint64
	preset     int // index in presetNames
	grace      time.Duration
	delay      time.Duration // readiness delay
	forceGrace time.Duration
	limits     [numModelPhases]time.Duration // of whole phases; 0: none
	parts      []*part                       // components, then free hooks; a part's id is its index
	sinks      []sinkSpec
	acts       []act
	planned    bool          // Plan is called before Run
	signals    bool          // somebody sends some
	stall      quiesce.Phase // before which the coordinator hangs; PhaseStart: it does not
}

// numModelPhases and numModelHooks are the sizes of tables by phase and by hook.
const (
	numModelPhases = int(quiesce.PhaseFlush) + 1
	numModelHooks  = int(quiesce.HookFree) + 1
)

// A part is a component or a free hook.
type part struct {
	id                                               int
	name                                             string // a letter and the id
	needs                                            []int
	free, late                                       bool // late: registered while the app runs, if ever
	phase                                            quiesce.Phase
	outer, serves, job, mayEnd, bestEffort, critical bool
	reserve                                          time.Duration
	limits                                           [numModelPhases]time.Duration
	hooks                                            [numModelHooks]*behaviour
	force                                            forceKind
}

// A behaviour is what a hook does: it is busy, waits, makes calls, and ends.
type behaviour struct {
	yields int           // times it lets others run first
	busy   time.Duration // whatever its context says
	calls  []call
	wait   waitKind
	lag    time.Duration // after the wait
	end    endKind
	look   bool // asks its context whether it has ended, first of all
	watch  bool // has the end of its context logged
}

type waitKind uint8

const (
	waitNone waitKind = iota
	waitObey          // until its context ends
	waitWork          // until its work context ends
	waitHang          // until somebody releases it: Force, or the end of the schedule
)

type endKind uint8

const (
	endNil endKind = iota
	endContext
	endCause
	endError
	endCoded // an error with an exit code
	endPanic
	endGoexit
)

type forceKind uint8

const (
	forceNone forceKind = iota
	forceReleases
	forceReleasesLate
	forcePanics
	forceExits
	forceHangs
	forceShutsDown
	numForceKinds
)

// A call is something done to the app, from inside a hook or from outside.
type call struct {
	do  callKind
	arg int // the part to register
}

type callKind uint8

const (
	callShutdown callKind = iota
	callShutdownCoded
	callHurry
	callWait
	callParent // ends the context given to Run
	callTERM
	callINT
	callHUP
	callRegister
	callReport
	callAdd // too late
	callStillRunning
	numCallKinds
)

func (c call) isSignal() bool { return c.do >= callTERM && c.do <= callHUP }

// An act is a call from outside at a time.
type act struct {
	at time.Duration
	call
}

type sinkKind uint8

const (
	sinkPanics sinkKind = iota
	sinkExits
	sinkHangs
	sinkSlow
	sinkCalls // into the app
	numSinkKinds
)

// A sinkSpec is a sink beside the recorder, which misbehaves at its nth event.
type sinkSpec struct {
	kind sinkKind
	nth  int
	slow time.Duration
}

var presetNames = [...]string{"none", "kubernetes", "systemd", "interactive"}

// gen makes one program. Times are multiples of a unit, a fortieth of the grace
// period, so that many things happen at the same instant.
type gen struct {
	*rand.Rand
	p    *program
	unit time.Duration
	odds int // a hook misbehaves once in so many times
}

func newProgram(seed uint64) *program {
	p := &program{seed: seed}
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), p: p}
	p.preset = g.IntN(len(presetNames))
	p.grace = []time.Duration{400 * time.Millisecond, 4 * time.Second, 25 * time.Second}[g.IntN(3)]
	g.unit = p.grace / 40
	g.odds = []int{40, 12, 4}[g.IntN(3)]
	p.delay = g.rarely(3, 6)
	p.forceGrace = []time.Duration{time.Second, g.unit, g.span(20), 0}[g.IntN(4)]
	p.planned = g.one(8)
	if g.one(50) {
		p.stall = quiesce.PhaseAnnounce + quiesce.Phase(g.IntN(4))
	}
	for ph := range p.limits {
		p.limits[ph] = g.rarely(10, 12)
	}
	components := g.IntN(13)
	for range components {
		g.component()
	}
	for range g.IntN(4) {
		g.freeHook(false)
	}
	for range g.IntN(3) {
		p.sinks = append(p.sinks, g.sink())
	}
	for range g.IntN(5) {
		g.act(g.span(40), g.call())
	}
	g.act(g.span(40), call{do: callShutdown}) // every app is asked to stop at last
	return p
}

// one is true once in n times.
func (g *gen) one(n int) bool { return g.IntN(n) == 0 }

// span returns a time of up to n units, short ones more often.
func (g *gen) span(n int) time.Duration {
	d := time.Duration(g.IntN(n+1)) * g.unit
	switch g.IntN(8) {
	case 0:
		return 0
	case 1:
		return d + time.Duration(g.IntN(3)) - 1 + time.Nanosecond
	case 2, 3:
		return d / 4
	}
	return d
}

// rarely is a time of up to n units once in so many times, and 0 otherwise.
func (g *gen) rarely(odds, n int) time.Duration {
	if !g.one(odds) {
		return 0
	}
	return g.unit + g.span(n)
}

func (g *gen) newPart(letter string) *part {
	c := &part{id: len(g.p.parts)}
	c.name = fmt.Sprint(letter, c.id)
	g.p.parts = append(g.p.parts, c)
	return c
}

func (g *gen) component() {
	c := g.newPart("c")
	c.outer = g.one(8)
	for _, other := range g.p.parts[:c.id] {
		if other.free || other.outer != c.outer && c.outer {
			continue
		}
		if g.one(4) {
			c.needs = append(c.needs, other.id)
		}
	}
	c.serves = g.one(3)
	g.times(c)
	for ph := range c.limits {
		c.limits[ph] = g.rarely(8, 16)
		if ph > 0 && c.limits[ph] > 0 {
			c.limits[ph] = max(c.limits[ph], c.reserve)
		}
	}
	g.hooks(c)
	c.force = g.forceKind()
	if c.hooks[quiesce.HookRun] != nil {
		switch g.IntN(8) {
		case 0:
			c.job = true
		case 1, 2:
			c.mayEnd = true
		}
	}
}

// hooks gives a component its hooks: at least one.
func (g *gen) hooks(c *part) {
	has := [...]bool{
		quiesce.HookStart: !g.one(3), quiesce.HookRun: g.one(2), quiesce.HookAnnounce: g.one(5),
		quiesce.HookDrain: g.one(2), quiesce.HookStop: !g.one(3),
	}
	if !has[quiesce.HookRun] && !has[quiesce.HookAnnounce] && !has[quiesce.HookDrain] {
		has[quiesce.HookStop] = true
	}
	for k, yes := range has {
		switch {
		case !yes:
		case quiesce.HookKind(k) == quiesce.HookRun:
			c.hooks[k] = g.run()
		default:
			c.hooks[k] = g.behaviour(4)
		}
	}
}

// times makes a part critical, or not.
func (g *gen) times(c *part) {
	if !c.bestEffort && g.one(5) {
		c.critical = true
		c.reserve = g.rarely(1, 1)
		if g.one(6) {
			c.reserve = 0
		}
	}
}

func (g *gen) forceKind() forceKind {
	if g.one(3) {
		return forceKind(g.IntN(int(numForceKinds)))
	}
	return forceNone
}

// behaviour makes up a hook that is to end by itself.
func (g *gen) behaviour(units int) *behaviour {
	b := &behaviour{busy: g.span(units), yields: g.IntN(3), look: g.one(4), watch: g.one(4)}
	if g.one(12) {
		b.calls = append(b.calls, g.call())
	}
	if !g.one(g.odds) {
		return b
	}
	switch g.IntN(4) {
	case 0:
		b.busy = g.span(80)
	case 1:
		b.wait = waitObey
		b.lag = g.rarely(2, 3)
	case 2:
		b.wait = waitHang
	}
	b.end = endKind(g.IntN(int(endGoexit) + 1))
	return b
}

// run makes up a Run: most of them obey.
func (g *gen) run() *behaviour {
	b := &behaviour{wait: waitObey, lag: g.rarely(2, 4), yields: g.IntN(3), look: g.one(4), watch: g.one(2)}
	b.end = []endKind{endNil, endContext, endCause}[g.IntN(3)]
	if g.one(12) {
		b.calls = append(b.calls, g.call())
	}
	switch {
	case g.one(g.odds):
		b.wait = waitKind(g.IntN(int(waitHang) + 1))
		b.busy = g.span(60)
		b.end = endKind(g.IntN(int(endGoexit) + 1))
	case g.one(6):
		b.wait = waitNone // work that ends by itself
		b.busy = g.span(40)
	}
	return b
}

// freeHook adds a free hook, to be registered before Run or later.
func (g *gen) freeHook(late bool) *part {
	c := g.newPart("h")
	c.free, c.late = true, late
	c.phase = quiesce.PhaseFlush
	if g.one(3) {
		c.phase = quiesce.PhaseAnnounce
	}
	c.bestEffort = g.one(4)
	g.times(c)
	if c.limits[c.phase] = g.rarely(3, 8); c.limits[c.phase] > 0 {
		c.limits[c.phase] = max(c.limits[c.phase], c.reserve)
	}
	c.hooks[quiesce.HookFree] = g.behaviour(4)
	c.force = g.forceKind()
	return c
}

func (g *gen) call() call {
	c := call{do: callKind(g.IntN(int(numCallKinds)))}
	g.p.signals = g.p.signals || c.isSignal()
	switch {
	case c.do == callRegister && len(g.p.parts) < 24:
		c.arg = g.freeHook(true).id
	case c.do == callRegister, c.do == callAdd && !g.one(8):
		c.do = callReport
	}
	return c
}

// act adds a call from outside; a signal is often followed by others.
func (g *gen) act(at time.Duration, c call) {
	g.p.acts = append(g.p.acts, act{at, c})
	for c.isSignal() && !g.one(3) && len(g.p.acts) < 12 {
		at += []time.Duration{0, 0, 100 * time.Millisecond, 200 * time.Millisecond, g.unit, g.span(10)}[g.IntN(6)]
		c = call{do: callTERM + callKind(g.IntN(3))}
		g.p.acts = append(g.p.acts, act{at, c})
	}
}

func (g *gen) sink() sinkSpec {
	return sinkSpec{kind: sinkKind(g.IntN(int(numSinkKinds))), nth: g.IntN(20), slow: g.unit + g.span(10)}
}
