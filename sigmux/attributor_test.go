// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"context"
	"encoding/json"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
)

// from is the sender with that process id.
func from(pid int) Sender { return Sender{Known: true, PID: pid} }

func (r *rig) hupFrom(pids ...int) {
	r.Helper()
	for _, pid := range pids {
		if !r.src.SendFrom(sigHUP, from(pid)) {
			r.Fatal("nobody takes SIGHUP")
		}
	}
	synctest.Wait()
}

// TestDeliveryKeepsTheOldestSender: also the time of a delivery is that of the
// oldest arrival it stands for.
func TestDeliveryKeepsTheOldestSender(t *testing.T) {
	bubble(t, func(r *rig) {
		masked := r.handle("masked", func(d Delivery) { r.note("by %v", d.Sender) })
		r.handle("other", func(d Delivery) { r.note("other by %v", d.Sender) })
		r.listen()
		masked.Mask()
		r.hupFrom(1)
		r.hupFrom(2)
		r.want("other 1", "other by pid 1 uid 0", "other 1", "other by pid 2 uid 0")
		masked.Unmask()
		r.want("masked 2", "by pid 1 uid 0")
		r.hupFrom(3)
		r.want("masked 1", "by pid 3 uid 0", "other 1", "other by pid 3 uid 0")
		r.hup(1)
		r.want("masked 1", "by unknown", "other 1", "other by unknown")
	})
}

func TestStepKnowsItsSender(t *testing.T) {
	bubble(t, func(r *rig) {
		tell := func(d Delivery, s Step) { r.note("%v by %v", s, d.Sender) }
		if err := r.mux.Escalate(Orchestrated(), tell); err != nil {
			r.Fatal(err)
		}
		r.listen()
		r.src.SendFrom(syscall.SIGTERM, from(1))
		r.want("graceful by pid 1 uid 0")
		r.src.SendFrom(syscall.SIGTERM, from(2)) // coalesced, but asked about
		r.src.SendFrom(os.Interrupt, from(3))
		r.want("hurried by pid 3 uid 0")
	})
}

// TestQueuedSignalsKeepTheirSenders: those of Close too.
func TestQueuedSignalsKeepTheirSenders(t *testing.T) {
	bubble(t, func(r *rig) {
		busy := make(chan struct{})
		r.handle("slow", func(d Delivery) {
			<-busy
			r.note("by %v", d.Sender)
		}, Inline())
		r.listen()
		r.hupFrom(1, 2)
		closed := make(chan struct{})
		go func() {
			r.mux.Close()
			close(closed)
		}()
		synctest.Wait()
		close(busy)
		<-closed
		r.want("slow 1", "by pid 1 uid 0", "slow 1", "by pid 2 uid 0")
	})
}

func TestCauseKnowsItsSender(t *testing.T) {
	t.Run("received", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			src := NewFake()
			ctx, stop := NotifyContextFrom(t.Context(), src)
			defer stop()
			src.SendFrom(os.Interrupt, from(7))
			<-ctx.Done()
			if got, want := context.Cause(ctx).Error(), "terminated by SIGINT from pid 7 uid 0"; got != want {
				t.Errorf("cause %q, want %q", got, want)
			}
		})
	})
	t.Run("still queued", func(t *testing.T) {
		src := NewFake()
		w := &watch{src: src, c: make(chan os.Signal, 1)}
		w.who = notify(src, w.c, os.Interrupt)
		src.SendFrom(os.Interrupt, from(7))
		src.Stop(w.c)
		if got, want := w.queued().Error(), "terminated by SIGINT from pid 7 uid 0"; got != want {
			t.Errorf("cause %q, want %q", got, want)
		}
	})
}

// TestSourceThatDoesNotKnow: one that is no Attributor.
func TestSourceThatDoesNotKnow(t *testing.T) {
	src, c := NewFake(), make(chan os.Signal, 1)
	who := notify(struct{ Source }{src}, c, os.Interrupt)
	if !src.SendFrom(os.Interrupt, from(7)) {
		t.Fatal("not taken")
	}
	if by := who(<-c); by != (Sender{}) {
		t.Errorf("sender %v", by)
	}
	if s := src.subs[0].sent; s != nil {
		t.Errorf("keeps %v for nobody", s)
	}
}

func TestFakeForgetsWhatWasNotReceived(t *testing.T) {
	src, c := NewFake(), make(chan os.Signal, 1)
	who := src.Attribute(c, os.Interrupt, syscall.SIGTERM)
	src.SendFrom(syscall.SIGTERM, from(1))
	src.SendFrom(os.Interrupt, from(2)) // the channel is full
	if by := who(<-c); by != from(1) {
		t.Errorf("SIGTERM by %v, want pid 1", by)
	}
	if by := who(os.Interrupt); by.Known {
		t.Errorf("SIGINT, which did not arrive, by %v", by)
	}
}

func TestSender(t *testing.T) {
	for _, tc := range []struct {
		sender     Sender
		text, json string
	}{
		{Sender{}, "unknown", `{"known":false,"pid":0,"uid":0}`},
		{Sender{Known: true, PID: 4242, Name: "kill"}, "pid 4242 (kill) uid 0", `{"known":true,"pid":4242,"uid":0,"name":"kill"}`},
		{Sender{Known: true, PID: 7, UID: 1000}, "pid 7 uid 1000", `{"known":true,"pid":7,"uid":1000}`},
		{Sender{Known: true, PID: 7, Name: "a\x1b[2J\nb"}, "pid 7 (a?[2J?b) uid 0", `{"known":true,"pid":7,"uid":0,"name":"a\u001b[2J\nb"}`},
		{Sender{Known: true, UID: 1000}, "outside the PID namespace, uid 1000", `{"known":true,"pid":0,"uid":1000}`},
		{Sender{Known: true, Kernel: true}, "the kernel", `{"known":true,"pid":0,"uid":0,"kernel":true}`},
		{Sender{Known: true, Kernel: true, Name: "terminal"}, "the terminal", `{"known":true,"pid":0,"uid":0,"name":"terminal","kernel":true}`},
		{Sender{Known: true, Kernel: true, PID: 9, Name: "cat"}, "the kernel about pid 9 (cat) uid 0", `{"known":true,"pid":9,"uid":0,"name":"cat","kernel":true}`},
	} {
		data, err := json.Marshal(tc.sender)
		if got := tc.sender.String(); got != tc.text || string(data) != tc.json || err != nil {
			t.Errorf("%+v is %q and %s (%v), want %q and %s", tc.sender, got, data, err, tc.text, tc.json)
		}
		var back Sender
		if err := json.Unmarshal(data, &back); err != nil || back != tc.sender {
			t.Errorf("%s is read as %+v (%v), want %+v", data, back, err, tc.sender)
		}
	}
}
