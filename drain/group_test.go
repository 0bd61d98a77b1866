// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// classes are one of each kind and a second ordinary one.
func classes() (g Group, orders, carts, pay, probes *Class) {
	probes = &Class{Name: "probes", Kind: Exempt}
	pay = &Class{Name: "pay", Kind: Critical}
	orders = &Class{Name: "orders"}
	carts = &Class{Name: "carts"}
	return Group{probes, pay, orders, carts}, orders, carts, pay, probes
}

// open reports whether a class admits work, and leaves it as it was.
func (c *Class) open() bool {
	ok := c.Enter()
	if ok {
		c.Leave()
	}
	return ok
}

func TestGroupClosesInStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, orders, carts, pay, probes := classes()
		for _, c := range g {
			enter(t, &c.Gate)
		}
		closed := make(chan error)
		go func() { closed <- g.Close(t.Context()) }()
		stage := func(when string, wantOrders, wantCarts, wantPay bool) {
			t.Helper()
			synctest.Wait()
			got := [4]bool{orders.open(), carts.open(), pay.open(), probes.open()}
			if want := [4]bool{wantOrders, wantCarts, wantPay, true}; got != want {
				t.Errorf("%s: open %v, want %v", when, got, want)
			}
		}
		stage("at once", false, false, true)
		carts.Leave()
		stage("with one ordinary class left", false, false, true)
		orders.Leave()
		stage("when all ordinary classes have drained", false, false, false)
		select {
		case err := <-closed:
			t.Fatalf("Close returned %v with critical work in flight", err)
		default:
		}
		pay.Leave()
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
		if got := probes.InFlight(); got != 1 {
			t.Errorf("%d probes in flight, want 1", got)
		}
	})
}

func TestGroupNamesWhatIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, orders, _, pay, probes := classes()
		g = append(g, &Class{Name: "idle", Kind: Critical})
		enter(t, &probes.Gate)
		enter(t, &pay.Gate)
		order := begin(t, &orders.Gate, "GET /orders")
		cause := errors.New("enough")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, cause)
		defer cancel()
		err := g.Close(ctx)
		if got, want := err.Error(), "drain: orders: 1 still in flight: GET /orders for 1s; pay: 1 still in flight"; got != want {
			t.Errorf("Close: %s\n   want %s", got, want)
		}
		if !errors.Is(err, cause) {
			t.Errorf("Close does not wrap %v", cause)
		}
		if e, ok := errors.AsType[*GroupError](err); !ok || len(e.Classes) != 2 || e.Classes[1].Class != "pay" {
			t.Errorf("Close: %#v", err)
		}
		if orders.open() || !pay.open() {
			t.Errorf("open: orders %t, pay %t, want only pay", orders.open(), pay.open())
		}

		order.End() // goes on where it gave up
		err = g.Close(ended(cause))
		if got, want := err.Error(), "drain: pay: 1 still in flight"; got != want || pay.open() {
			t.Errorf("Close again: %s, want %s; pay open: %t", got, want, pay.open())
		}
		pay.Leave()
		if err := g.Close(ended(cause)); err != nil {
			t.Errorf("Close at last: %v", err)
		}
	})
}

func TestEmptyGroup(t *testing.T) {
	if err := (Group{}).Close(ended(errors.New("dead"))); err != nil {
		t.Errorf("Close: %v", err)
	}
}
