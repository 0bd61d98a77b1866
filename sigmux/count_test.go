// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestCountsBalance drives a mux at random and checks, at every step, that each
// arrival is somewhere exactly once, and in the end that every route was told
// of every arrival it should have been told of.
func TestCountsBalance(t *testing.T) {
	const runs, steps = 50, 100
	for range runs {
		seed := rand.Uint64()
		bubble(t, func(r *rig) {
			d := &driver{rig: r, rng: rand.New(rand.NewPCG(seed, 1)), told: map[string]int{}, want: map[string]int{}}
			if d.rng.IntN(2) == 0 {
				if err := r.mux.Escalate(Interactive(), func(Delivery, Step) {}); err != nil {
					r.Fatal(err)
				}
			}
			d.add()
			r.listen()
			for range steps {
				d.step()
				synctest.Wait()
				d.balance(seed)
			}
			d.finish(seed)
		})
	}
}

type driver struct {
	*rig
	rng        *rand.Rand
	routes     []*Route
	told, want map[string]int // by route name; told guarded by rig.mu
	names      int
	sent       uint64
}

func (d *driver) add() {
	kind := d.rng.IntN(4)
	opts := [][]RouteOption{nil, {OwnThread()}, {Priority(1)}, {Inline()}}[kind]
	slow := kind < 3 && d.rng.IntN(3) == 0 // a sleeping inline handler would hide arrivals from us
	d.names++
	name := fmt.Sprint("r", d.names)
	route, err := d.mux.Handle(os.Interrupt, name, func(del Delivery) {
		d.mu.Lock()
		d.told[name] += del.Count
		d.mu.Unlock()
		if slow {
			time.Sleep(3 * DefaultTimeout)
		}
	}, opts...)
	if err != nil {
		d.Fatal(err)
	}
	d.routes = append(d.routes, route)
}

func (d *driver) step() {
	var pick *Route
	if len(d.routes) > 0 {
		pick = d.routes[d.rng.IntN(len(d.routes))]
	}
	switch n := d.rng.IntN(20); {
	case n < 10:
		d.src.Send(os.Interrupt)
		d.sent++
		for _, r := range d.routes {
			d.want[r.name]++
		}
	case n < 12:
		time.Sleep(time.Duration(d.rng.Int64N(int64(2 * DefaultTimeout))))
	case n == 12:
		d.add()
	case pick == nil:
	case n < 15:
		pick.Mask()
	case n < 18:
		pick.Unmask()
	case n == 18:
		pick.Remove()
		d.routes = slices.DeleteFunc(d.routes, func(r *Route) bool { return r == pick })
	}
}

func (d *driver) balance(seed uint64) {
	d.Helper()
	for _, c := range d.mux.Counts() {
		if c.Received != c.Acted+c.Coalesced+c.Ignored+c.Pending {
			d.Fatalf("seed %d: %+v does not balance", seed, c)
		}
	}
}

func (d *driver) finish(seed uint64) {
	for _, r := range d.routes {
		r.Unmask()
	}
	time.Sleep(time.Hour)
	d.mu.Lock()
	for _, r := range d.routes {
		if d.told[r.name] != d.want[r.name] {
			d.Errorf("seed %d: %s was told of %d, want %d", seed, r.name, d.told[r.name], d.want[r.name])
		}
	}
	d.mu.Unlock()
	d.mux.Close()
	d.balance(seed)
	for _, c := range d.mux.Counts() {
		if c.Pending != 0 || c.Signal == os.Interrupt && c.Received != d.sent {
			d.Errorf("seed %d: %+v at the end, %d sent", seed, c, d.sent)
		}
	}
}

func TestFakeBehavesLikeTheSystem(t *testing.T) {
	f, full := NewFake(), make(chan os.Signal, 1)
	f.Ignore(sigHUP)
	if !f.Ignored(sigHUP) || f.Ignored(os.Interrupt) {
		t.Error("only SIGHUP should be ignored")
	}
	f.Notify(full, os.Interrupt)
	f.Notify(full, sigHUP)
	if f.Ignored(sigHUP) {
		t.Error("Notify should end the ignoring")
	}
	for range 2 {
		if !f.Send(sigHUP) { // the second finds the channel full and must not block
			t.Error("SIGHUP is not taken")
		}
	}
	if f.Send(syscall.SIGTERM) {
		t.Error("SIGTERM is taken")
	}
	f.Stop(full)
	f.Stop(full)
	if f.Send(os.Interrupt) {
		t.Error("SIGINT is taken after Stop")
	}
	if got := <-full; got != sigHUP || len(full) != 0 {
		t.Errorf("got %v and %d more, want one SIGHUP", got, len(full))
	}
}
