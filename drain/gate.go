// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"sync"
	"sync/atomic"
)

// A Gate admits work, counts it, and says when the last of it has left after
// the gate was shut. Whether work is admitted and that it is counted are one
// decision: what was admitted is always waited for.
//
// The zero value is open and ready to use. A Gate must not be copied after
// first use. All methods may be called from any number of goroutines. A gate
// that was shut stays shut.
//
// Up to 1,073,741,823 may be in flight at once; more are refused.
type Gate struct {
	_ linePad

	// word is all that Enter and an early Leave touch. See the argument below.
	word atomic.Uint64

	// rem is what of the admitted is left, from the moment Shut has added how
	// many there were. Before, it is minus those that left already.
	rem atomic.Int64

	mu      sync.Mutex    // held for a few instructions, never while waiting
	shut    bool          // guarded by mu
	drained chan struct{} // made when first needed; guarded by mu

	holders registry

	_ linePad
}

// A linePad keeps what else lies in memory out of the cache line that every
// request writes.
type linePad [64]byte

// The word, from the top: 32 bits of arrivals, the shut bit, the guard bit, and
// 30 bits of presence, which is what is in flight and refused callers on their
// way out. Arrivals wrap off the top, where they carry into nothing.
//
// Legal calls never set the guard bit. A Leave too many on a presence of zero
// borrows: shut, guard = 0, 0 becomes 1, 1 on an open gate, and 1, 0 becomes 0, 1
// on a shut one. So one test of both bits, which Leave makes anyway, finds it.
//
// A presence of 2^30 sets the guard as well and is refused. A Shut just then
// would miscount, but a program that gets there has lost its Leaves.
const (
	arrival   = 1<<32 | 1  // what Enter adds: one arrival, one present
	departure = ^uint64(0) // what Leave and a refusal add: -1

	shutBit   = 1 << 31
	guardBit  = 1 << 30
	barred    = shutBit | guardBit
	countMask = guardBit - 1
)

/*
Why zero is seen, once, and neither early nor late:

All operations on the word are in one order. Shut's is the addition of the shut
bit, and what it returns is n, the presence at that moment. Every Enter ordered
before it found the bit clear and is admitted; every Enter after it finds the bit
set and is refused. As nobody was refused before the bit was there, n counts
nothing but admitted work: exactly what is still to leave, and each of these n
will find the bit set when it leaves, because Leave's look is its own addition.

  - The n Leaves take one each from rem, and Shut adds n to it once. Nothing else
    touches rem. Its last value is 0, and every proper part of these additions
    sums to something else: without Shut's it is below 0, with it and without
    one of the Leaves it is above. So exactly one of the n+1 brings rem to 0, the
    last one, and that one fires. With n = 0 it is Shut itself.
  - No false zero: at that moment all n have left, and nobody else ever gets in.
  - No lost zero: additions that come last do come. None of them waits for
    anybody, so it is enough that everyone admitted leaves.
  - Refused callers never delay it. They add 1 to the presence and take it back,
    but nobody looks at the presence after the bit is set, and their own
    undoing tests for nothing. In rem they do not occur.

Each step below is one atomic operation. TestEveryInterleaving calls these steps
in every order in which callers can make them, and TestBrokenGatesAreCaught shows
that what looks simpler is wrong: a flag beside the count, a look before the
addition, a test for zero in the undoing, counting after the bit.

There are no shards, although they would cost less with many cores. The ones
tried had counterexamples: load the flag, then add (false zero); a refusal that
counts down the shards still to drain (false zero); a Leave that computes its
shard again after the stack moved (false and lost zero); counts added shard by
shard (fires twice); quiet detection by summing shards (reads 0 though never
idle). The form that is right has the bit in every shard, lets Leave name the
shard that Enter returned, and adds to rem once after all shards are shut. It
has to be measured on eight cores or more before it is worth that.
*/

// arrive is the one step of an Enter that is admitted, and the first of one
// that is refused.
func (g *Gate) arrive() (word uint64) { return g.word.Add(arrival) }

// turnBack is the second step of an Enter that is refused.
func (g *Gate) turnBack() { g.word.Add(departure) }

// bar is the first step of Shut: nobody is admitted after it. It returns how
// many are in flight. The bit is added once, under mu, and not or-ed: on amd64
// that is a loop, which callers who hammer the gate can keep going.
func (g *Gate) bar() (n int64) { return int64(g.word.Add(shutBit) & countMask) }

// settle is the second step of Shut, with n > 0 or n = 0, and of a Leave after
// it, with n = -1. It reports whether the caller is the one who fires.
func (g *Gate) settle(n int64) (last bool) { return g.rem.Add(n) == 0 }

// Enter reports whether the caller is admitted. Whoever is admitted must call
// [Gate.Leave] once, from any goroutine. Whoever is refused must not.
//
// It does not block and does not allocate.
func (g *Gate) Enter() bool {
	return g.arrive()&barred == 0 || g.refuse()
}

func (g *Gate) refuse() bool {
	g.turnBack()
	return false
}

// Leave ends what [Gate.Enter] admitted. If the gate is shut and this was the
// last, the gate is drained before Leave returns.
//
// Leave panics if nothing is in flight. That is a mistake in the caller, and it
// is noticed only then: while other work is in flight, a Leave too many takes
// that work's place, and the gate may be drained too early.
func (g *Gate) Leave() {
	// The one step of a Leave before Shut, and the first of one after it. It has
	// no method of its own because Leave would cost more than the inliner of Go
	// 1.26 allows.
	if w := g.word.Add(departure); w&barred != 0 {
		g.leaveBarred(w)
	}
}

func (g *Gate) leaveBarred(w uint64) {
	if w&guardBit != 0 {
		g.word.Add(1) // the gate serves on for those who do not make the mistake
		panic("drain: Leave without Enter")
	}
	if g.settle(-1) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.fireLocked()
	}
}

// Shut refuses all work from now on: an Enter that begins after Shut has
// returned reports false. What was admitted goes on. Shut does not wait for it;
// see [Gate.Drained] and [Gate.Close]. Later calls do nothing.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return
	}
	g.shut = true
	if g.settle(g.bar()) {
		g.fireLocked()
	}
}

// fireLocked is called once in the life of a gate.
func (g *Gate) fireLocked() { close(g.drainedLocked()) }

// Drained returns a channel that is closed the moment the gate is shut and
// nothing admitted is left. It is the same one in every call, before and after.
func (g *Gate) Drained() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.drainedLocked()
}

func (g *Gate) drainedLocked() chan struct{} {
	if g.drained == nil {
		g.drained = make(chan struct{})
	}
	return g.drained
}

// InFlight returns how many were admitted and have not left. Refused callers
// are never in it. On an open gate it is out of date when it is returned.
func (g *Gate) InFlight() int {
	if w := g.word.Load(); w&shutBit == 0 {
		return int(w & countMask)
	}
	g.mu.Lock() // with it Shut has made both of its steps
	defer g.mu.Unlock()
	return int(max(0, g.rem.Load())) // below 0 only after a Leave too many
}

// Close shuts the gate and waits until it is drained.
//
// It returns nil once nothing is in flight, also if ctx ended before. If ctx
// ends first it returns a *[HeldError] with what is in flight, which wraps
// [context.Cause] of ctx. The gate stays shut, and what is in flight may still
// leave: Close can be called again with a later deadline, and concurrently.
func (g *Gate) Close(ctx context.Context) error {
	g.Shut()
	if e := g.wait(ctx); e != nil {
		return e
	}
	return nil
}

// wait is the second half of Close.
func (g *Gate) wait(ctx context.Context) *HeldError {
	drained := g.Drained()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
	}
	if e := g.held(ctx); e.InFlight > 0 {
		return e
	}
	<-drained // the last one is between its last step and closing it
	return nil
}
