// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func receive(t *testing.T, s *Subscription[string], want string) *Delivery[string] {
	t.Helper()
	d, err := s.Receive(t.Context())
	if err != nil || d.Body != want {
		t.Fatalf("Receive = %v, %v; want %s", d, err, want)
	}
	return d
}

func TestQueueKeepsTheOrder(t *testing.T) {
	q := queueOf("a", "b", "c", "d")
	one, two := q.Subscribe(), q.Subscribe()
	a, b, c := receive(t, one, "a"), receive(t, one, "b"), receive(t, two, "c")
	if err := b.Nack(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Ack(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := one.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Ack(t.Context()); !errors.Is(err, errSettled) {
		t.Errorf("Ack after Close = %v, want %v", err, errSettled)
	}
	if _, err := one.Receive(t.Context()); !errors.Is(err, errUnsubscribed) {
		t.Errorf("Receive after Close = %v, want %v", err, errUnsubscribed)
	}
	for i, want := range []string{"a", "b", "d"} {
		d := receive(t, two, want)
		if again := i < 2; again != (d.Attempt == 2) {
			t.Errorf("%s: attempt %d", d.Body, d.Attempt)
		}
	}
	if n := q.Len(); n != 0 {
		t.Errorf("Len = %d, want 0", n)
	}
}

// The first delivery of a message has no say about the second.
func TestQueueSettlesOnce(t *testing.T) {
	q := queueOf("a")
	s := q.Subscribe()
	first := receive(t, s, "a")
	if err := first.Nack(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := receive(t, s, "a")
	if err := first.Ack(t.Context()); !errors.Is(err, errSettled) {
		t.Errorf("second settlement = %v, want %v", err, errSettled)
	}
	if err := second.Ack(t.Context()); err != nil {
		t.Errorf("Ack = %v, want nil", err)
	}
}

func TestQueueReceiveWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := new(Queue[string])
		got := make(chan string, 2)
		for range 2 {
			go func() {
				d, err := q.Subscribe().Receive(t.Context())
				if err != nil {
					t.Errorf("Receive = %v, want nil", err)
					return
				}
				got <- d.Body
			}()
		}
		synctest.Wait()
		q.Put("a")
		q.Put("b")
		if a, b := <-got, <-got; a+b != "ab" && a+b != "ba" {
			t.Errorf("received %s, %s; want a, b", a, b)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		over := errors.New("over")
		go func() {
			synctest.Wait()
			cancel(over)
		}()
		if _, err := q.Subscribe().Receive(ctx); err != over {
			t.Errorf("Receive = %v, want %v", err, over)
		}
	})
}
