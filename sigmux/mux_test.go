// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A rig is a mux on a fake source inside a bubble, with a log.
type rig struct {
	*testing.T
	src *Fake
	mux *Mux
	mu  sync.Mutex
	log []string // guarded by mu
}

// bubble runs f in a synctest bubble and closes the mux at its end, which also
// proves that nothing of ours is left running.
func bubble(t *testing.T, f func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, src: NewFake()}
		r.mux = New(r.src)
		defer r.mux.Close()
		f(r)
	})
}

func (r *rig) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

// handle adds a handler that notes its name and the count, then does more.
func (r *rig) handle(name string, more func(Delivery), opts ...RouteOption) *Route {
	r.Helper()
	route, err := r.mux.Handle(sigHUP, name, func(d Delivery) {
		r.note("%s %d", name, d.Count)
		if more != nil {
			more(d)
		}
	}, opts...)
	if err != nil {
		r.Fatal(err)
	}
	return route
}

func (r *rig) listen() {
	r.Helper()
	if err := r.mux.Listen(); err != nil {
		r.Fatal(err)
	}
}

// hup sends SIGHUP and lets everyone act on it.
func (r *rig) hup(times int) {
	r.Helper()
	for range times {
		if !r.src.Send(sigHUP) {
			r.Fatal("nobody takes SIGHUP")
		}
		synctest.Wait()
	}
}

// want compares and clears the log.
func (r *rig) want(lines ...string) {
	r.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.log, lines) {
		r.Errorf("log is %q, want %q", r.log, lines)
	}
	r.log = nil
}

func (r *rig) wantCount(want Count) {
	r.Helper()
	for _, c := range r.mux.Counts() {
		if c.Signal == want.Signal {
			if c != want {
				r.Errorf("counts %+v, want %+v", c, want)
			}
			return
		}
	}
	r.Errorf("%s is not counted", Name(want.Signal))
}

func TestRoutesInOrderOfPriority(t *testing.T) {
	bubble(t, func(r *rig) {
		r.handle("b", nil)
		r.handle("last", nil, Priority(-1))
		r.handle("c", nil, OwnThread())
		r.listen()
		r.handle("first", nil, Priority(7))
		r.handle("a", nil, Priority(1), Inline())
		r.hup(1)
		r.want("first 1", "a 1", "b 1", "c 1", "last 1")
		r.wantCount(Count{Signal: sigHUP, Received: 1, Acted: 1})
	})
}

func TestHandlersWaitForEachOther(t *testing.T) {
	bubble(t, func(r *rig) {
		r.handle("slow", func(Delivery) { time.Sleep(300 * time.Millisecond); r.note("slow done") })
		r.handle("next", nil)
		r.listen()
		r.hup(1)
		r.want("slow 1")
		time.Sleep(300*time.Millisecond - 1)
		r.want()
		time.Sleep(time.Nanosecond)
		r.want("slow done", "next 1")
	})
}

func TestBrokenHandlersDoNotHarmOthers(t *testing.T) {
	for _, how := range []struct {
		name string
		opts []RouteOption
	}{{"goroutine", nil}, {"inline", []RouteOption{Inline()}}, {"own thread", []RouteOption{OwnThread()}}} {
		t.Run(how.name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				var told []string
				r.mux.OnFault(func(f Fault) { told = append(told, f.String()) })
				r.handle("panics", func(Delivery) { panic("boom") }, how.opts...)
				r.handle("exits", func(Delivery) { runtime.Goexit() }, how.opts...)
				r.handle("works", nil, how.opts...)
				r.listen()
				r.hup(2)
				r.want("panics 1", "exits 1", "works 1", "panics 1", "exits 1", "works 1")
				one := []string{`handler "panics" of SIGHUP panicked: boom`, `handler "exits" of SIGHUP exited`}
				if want := slices.Concat(one, one); !slices.Equal(told, want) {
					r.Errorf("told %q, want %q", told, want)
				}
				if f := r.mux.Faults(); len(f) != 4 || !strings.Contains(string(f[0].Stack), "TestBrokenHandlers") {
					r.Errorf("remembered %v, want 4 with the stack of the first panic", f)
				}
			})
		})
	}
}

func TestFaultsAreBounded(t *testing.T) {
	bubble(t, func(r *rig) {
		r.handle("exits", func(Delivery) { runtime.Goexit() })
		r.listen()
		r.hup(FaultsKept + 1)
		r.mux.OnFault(func(Fault) { r.note("told") })
		r.mux.OnFault(nil)
		r.hup(1)
		if n := len(r.mux.Faults()); n != FaultsKept {
			r.Errorf("%d faults, want %d", n, FaultsKept)
		}
		if slices.Contains(r.log, "told") {
			r.Error("told after OnFault(nil)")
		}
	})
}

func TestOverrunningHandlerIsReportedAndLeftAlone(t *testing.T) {
	for _, how := range []struct {
		name string
		opts []RouteOption
	}{{"goroutine", nil}, {"own thread", []RouteOption{OwnThread()}}} {
		t.Run(how.name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				release := make(chan struct{})
				r.handle("stuck", func(Delivery) { <-release; r.note("released") }, append(how.opts, Timeout(time.Minute))...)
				r.handle("next", nil)
				r.listen()
				r.hup(1)
				time.Sleep(time.Minute - 1)
				r.want("stuck 1")
				time.Sleep(time.Nanosecond)
				r.want("next 1")
				r.hup(2) // the stuck one is not called beside itself, nor waited for
				r.want("next 1", "next 1")
				close(release)
				r.want("released", "stuck 2", "released")
				if f := r.mux.Faults(); len(f) != 1 || f[0].String() != `handler "stuck" of SIGHUP overran its 1m0s` {
					r.Errorf("faults %v", f)
				}
				r.wantCount(Count{Signal: sigHUP, Received: 3, Acted: 3})
			})
		})
	}
}

func TestInlineOverrunIsReportedAfterwards(t *testing.T) {
	bubble(t, func(r *rig) {
		r.handle("exact", func(Delivery) { time.Sleep(DefaultTimeout) }, Inline())
		r.handle("slow", func(Delivery) { time.Sleep(DefaultTimeout + 1) }, Inline())
		r.listen()
		r.hup(1)
		time.Sleep(2*DefaultTimeout + 1)
		synctest.Wait()
		if f := r.mux.Faults(); len(f) != 1 || f[0].Handler != "slow" || f[0].Kind != Overran {
			r.Errorf("faults %v, want one overrun of slow", f)
		}
	})
}

func TestSlowHandlerDoesNotDelayEscalation(t *testing.T) {
	bubble(t, func(r *rig) {
		if _, err := r.mux.Handle(os.Interrupt, "slow", func(Delivery) { time.Sleep(time.Second) }); err != nil {
			r.Fatal(err)
		}
		start := time.Now()
		tell := func(d Delivery, s Step) { r.note("%v after %v", s, d.At.Sub(start)) }
		if err := r.mux.Escalate(Interactive(), tell); err != nil {
			r.Fatal(err)
		}
		r.listen()
		for range 3 {
			r.src.Send(os.Interrupt)
			time.Sleep(CoalesceWindow)
		}
		r.want("graceful after 0s", "hurried after 200ms", "forced after 400ms")
		time.Sleep(2 * time.Second) // let the handler end: Close would leave it
	})
}

func TestBusyRouteGetsOneDeliveryForTheRest(t *testing.T) {
	bubble(t, func(r *rig) {
		start := time.Now()
		r.handle("slow", func(d Delivery) { r.note("since %v", d.At.Sub(start)); time.Sleep(time.Second / 2) })
		r.listen()
		r.hup(1)
		time.Sleep(time.Millisecond)
		r.hup(3)
		r.wantCount(Count{Signal: sigHUP, Received: 4, Acted: 1, Pending: 3})
		time.Sleep(time.Second)
		r.want("slow 1", "since 0s", "slow 3", "since 1ms")
		r.wantCount(Count{Signal: sigHUP, Received: 4, Acted: 2, Coalesced: 2})
	})
}

func TestMask(t *testing.T) {
	for _, how := range []struct {
		name string
		opts []RouteOption
	}{{"goroutine", nil}, {"inline", []RouteOption{Inline()}}, {"own thread", []RouteOption{OwnThread()}}} {
		t.Run(how.name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				a, b := r.handle("a", nil, how.opts...), r.handle("b", nil, how.opts...)
				r.listen()
				a.Mask()
				r.hup(2)
				r.want("b 1", "b 1")
				b.Mask()
				r.hup(3)
				r.want()
				r.wantCount(Count{Signal: sigHUP, Received: 5, Acted: 2, Pending: 3})
				b.Unmask()
				r.want("b 3")
				r.wantCount(Count{Signal: sigHUP, Received: 5, Acted: 3, Coalesced: 2})
				a.Unmask()
				a.Unmask()
				r.want("a 5")
				r.wantCount(Count{Signal: sigHUP, Received: 5, Acted: 3, Coalesced: 2})
			})
		})
	}
}

func TestMaskFromTheHandlerItself(t *testing.T) {
	bubble(t, func(r *rig) {
		var route *Route
		route = r.handle("once", func(Delivery) { route.Mask() })
		r.listen()
		r.hup(3)
		r.want("once 1")
		route.Unmask()
		r.want("once 2")
	})
}

func TestRemove(t *testing.T) {
	bubble(t, func(r *rig) {
		a, b := r.handle("a", nil, OwnThread()), r.handle("b", nil)
		r.listen()
		r.hup(1)
		r.want("a 1", "b 1")
		a.Remove()
		a.Remove()
		r.handle("a", nil) // the name is free again
		b.Mask()
		b.Remove()
		r.hup(1)
		r.want("a 1")
		r.wantCount(Count{Signal: sigHUP, Received: 2, Acted: 2})
	})
}

func TestRemovedRoutesLeaveTheirArrivalsIgnored(t *testing.T) {
	bubble(t, func(r *rig) {
		a := r.handle("a", nil)
		r.listen()
		a.Mask()
		r.hup(2)
		b := r.handle("b", nil)
		b.Mask()
		r.hup(1)
		a.Remove() // two are lost with it; b has the third
		r.wantCount(Count{Signal: sigHUP, Received: 3, Ignored: 2, Pending: 1})
		b.Remove()
		r.hup(1) // the signal is still taken
		r.want()
		r.wantCount(Count{Signal: sigHUP, Received: 4, Ignored: 4})
	})
}

func TestRemoveWhileRunning(t *testing.T) {
	bubble(t, func(r *rig) {
		release := make(chan struct{})
		a := r.handle("a", func(Delivery) { <-release; r.note("a done") }, OwnThread())
		r.handle("b", nil)
		r.listen()
		r.hup(2)
		a.Remove()
		close(release)
		r.want("a 1", "a done", "b 2")
	})
}

func TestOwnThreadKeepsItsGoroutine(t *testing.T) {
	bubble(t, func(r *rig) {
		seen := make(map[string]bool)
		who := func(Delivery) {
			buf := make([]byte, 200)
			seen[strings.SplitAfter(string(buf[:runtime.Stack(buf, false)]), ":")[0]] = true
		}
		r.handle("own", who, OwnThread())
		r.listen()
		r.hup(5)
		for g := range seen {
			if len(seen) != 1 || !strings.Contains(g, "locked to thread") {
				r.Errorf("ran on %v, want one goroutine that is locked to its thread", seen)
			}
		}
	})
}

// TestRemoveBetweenTurnAndThread: the thread has gone when the turn reaches it.
func TestRemoveBetweenTurnAndThread(t *testing.T) {
	bubble(t, func(r *rig) {
		a := r.handle("a", nil, OwnThread())
		k := a.kind // not listening: we are its goroutine
		k.record(&Delivery{At: time.Now()}, unasked)
		k.advance()
		r.want("a 1")
		k.record(&Delivery{At: time.Now()}, unasked)
		turn := k.next()
		a.Remove()
		synctest.Wait()
		turn.begin()
		r.want("a 1")
	})
}

func TestOverrunThatCameTooLateIsNone(t *testing.T) {
	bubble(t, func(r *rig) {
		k := r.handle("a", nil).kind
		k.record(&Delivery{At: time.Now()}, unasked)
		turn := k.next()
		turn.begin()
		r.want("a 1")
		turn.overrun() // lost against end
		if f := r.mux.Faults(); len(f) != 0 {
			r.Errorf("faults %v", f)
		}
	})
}

func TestCloseIgnoresWhatIsMasked(t *testing.T) {
	bubble(t, func(r *rig) {
		r.handle("a", nil).Mask()
		r.listen()
		r.hup(2)
		r.mux.Close()
		r.want()
		r.wantCount(Count{Signal: sigHUP, Received: 2, Ignored: 2})
	})
}

func TestListenTakesOnlyWhatIsHandled(t *testing.T) {
	bubble(t, func(r *rig) {
		r.handle("before", nil)
		if r.src.Send(sigHUP) {
			r.Error("SIGHUP is taken before Listen")
		}
		r.listen()
		if r.src.Send(os.Interrupt) {
			r.Error("SIGINT is taken")
		}
		if err := r.mux.Escalate(Interactive(), func(_ Delivery, s Step) { r.note("%v", s) }); err != nil {
			r.Fatal(err)
		}
		if !r.src.Send(os.Interrupt) {
			r.Error("SIGINT is not taken")
		}
		r.want("graceful")
		if err := r.mux.Listen(); fmt.Sprint(err) != "sigmux: listen: already listening" {
			r.Errorf("second Listen = %v", err)
		}
	})
}

func TestInheritedIgnoresAreLeftAlone(t *testing.T) {
	bubble(t, func(r *rig) {
		r.src.Ignore(sigHUP, os.Interrupt, syscall.SIGTERM)
		r.handle("hup", nil)
		if err := r.mux.Escalate(Interactive(), func(d Delivery, s Step) { r.note("%v %s", s, Name(d.Signal)) }); err != nil {
			r.Fatal(err)
		}
		r.listen()
		if r.src.Send(sigHUP) || r.src.Send(os.Interrupt) {
			r.Error("an ignored signal was taken")
		}
		if !r.src.Send(syscall.SIGTERM) { // Go cannot know that this one was ignored
			r.Error("SIGTERM is not taken")
		}
		r.want("graceful SIGTERM")
	})
}

func TestCloseDeliversWhatHadArrived(t *testing.T) {
	bubble(t, func(r *rig) {
		masked := r.handle("masked", nil)
		r.handle("slow", func(Delivery) { time.Sleep(time.Second / 4) })
		r.handle("thread", nil, OwnThread())
		masked.Mask()
		r.listen()
		r.hup(1)
		for range 3 {
			r.src.Send(sigHUP) // still on the channel when Close begins
		}
		r.mux.Close()
		if r.src.Send(sigHUP) {
			r.Error("SIGHUP is taken after Close")
		}
		r.want("slow 1", "thread 4", "slow 3")
		r.wantCount(Count{Signal: sigHUP, Received: 4, Acted: 2, Coalesced: 2})
		masked.Unmask() // has nothing left to do
		r.mux.Close()
		r.want()
	})
}

func TestCloseDoesNotWaitForStuckHandlers(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts []RouteOption
		took time.Duration
	}{
		{"goroutine", []RouteOption{Timeout(time.Second / 4)}, time.Second / 4},
		{"inline", []RouteOption{Inline()}, CloseTimeout},
		{"own thread", []RouteOption{OwnThread()}, CloseTimeout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				release := make(chan struct{})
				defer close(release)
				r.handle("stuck", func(Delivery) { <-release }, tc.opts...)
				r.listen()
				r.hup(1)
				start := time.Now()
				r.mux.Close()
				if took := time.Since(start); took != tc.took {
					r.Errorf("Close took %v, want %v", took, tc.took)
				}
			})
		})
	}
}

func TestCloseFromAHandler(t *testing.T) {
	bubble(t, func(r *rig) {
		r.handle("closer", func(Delivery) { r.mux.Close(); r.note("closed") }, Inline())
		r.listen()
		r.hup(1)
		time.Sleep(CloseTimeout)
		r.want("closer 1", "closed")
	})
}

func TestHandleFromAHandler(t *testing.T) {
	bubble(t, func(r *rig) {
		r.handle("outer", func(Delivery) { r.handle("inner", nil) }, Inline())
		r.listen()
		r.hup(1)
		r.want("outer 1") // inner was not there when the signal came
		if _, err := r.mux.Handle(os.Interrupt, "later", func(Delivery) { r.note("later") }); err != nil {
			r.Fatal(err)
		}
		r.src.Send(os.Interrupt)
		r.want("later")
	})
}

func TestBrokenEscalationFunction(t *testing.T) {
	for name, broken := range map[string]func(){"panic": func() { panic("boom") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(r *rig) {
				if _, err := r.mux.Handle(os.Interrupt, "route", func(d Delivery) { r.note("route %d", d.Count) }); err != nil {
					r.Fatal(err)
				}
				tell := func(_ Delivery, s Step) { r.note("%v", s); broken() }
				if err := r.mux.Escalate(Interactive(), tell); err != nil {
					r.Fatal(err)
				}
				r.listen()
				r.src.Send(os.Interrupt)
				r.want("graceful", "route 1")
				time.Sleep(CoalesceWindow)
				r.src.Send(os.Interrupt)
				r.want("hurried", "route 1")
				if f := r.mux.Faults(); len(f) != 2 || f[0].Handler != "interactive" {
					r.Errorf("faults %v, want 2 of the policy", f)
				}
			})
		})
	}
}

func TestEscalationCounts(t *testing.T) {
	bubble(t, func(r *rig) {
		if err := r.mux.Escalate(Orchestrated(), func(d Delivery, s Step) { r.note("%v %d", s, d.Count) }); err != nil {
			r.Fatal(err)
		}
		r.listen()
		for _, gap := range []time.Duration{0, CoalesceWindow - 1, 1, CoalesceWindow - 1} {
			time.Sleep(gap)
			r.src.Send(syscall.SIGTERM)
			synctest.Wait()
		}
		r.want("graceful 1", "recorded 1")
		r.wantCount(Count{Signal: syscall.SIGTERM, Received: 4, Acted: 1, Coalesced: 2, Ignored: 1})
		order := r.mux.Counts()
		if len(order) != 2 || order[0].Signal != os.Interrupt {
			r.Errorf("counts %+v, want SIGINT first", order)
		}
	})
}

func TestHandleRefuses(t *testing.T) {
	f := func(Delivery) {}
	for _, tc := range []struct {
		name, route string
		sig         os.Signal
		f           func(Delivery)
		opts        []RouteOption
		want        string
	}{
		{"no function", "r", sigHUP, nil, nil, `sigmux: handle SIGHUP by "r": no function to call`},
		{"no name", "", sigHUP, f, nil, `sigmux: handle SIGHUP by "": no name`},
		{"taken name", "taken", sigHUP, f, nil, `sigmux: handle SIGHUP by "taken": the name is taken`},
		{"nil signal", "r", nil, f, nil, `sigmux: handle no signal by "r": no signal`},
		{"SIGKILL", "r", syscall.SIGKILL, f, nil, `sigmux: handle SIGKILL by "r": no program can take it`},
		{"timeout", "r", sigHUP, f, []RouteOption{Timeout(0)}, `sigmux: handle SIGHUP by "r": timeout 0s is not positive`},
		{"contradiction", "r", sigHUP, f, []RouteOption{Inline(), OwnThread()}, `sigmux: handle SIGHUP by "r": cannot be inline and on its own thread`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := New(NewFake())
			if _, err := m.Handle(sigHUP, "taken", f); err != nil {
				t.Fatal(err)
			}
			if r, err := m.Handle(tc.sig, tc.route, tc.f, tc.opts...); r != nil || fmt.Sprint(err) != tc.want {
				t.Errorf("Handle = %v, %v\nwant %s", r, err, tc.want)
			}
		})
	}
}

func TestSameNameForAnotherSignal(t *testing.T) {
	m := New(NewFake())
	for _, sig := range []os.Signal{sigHUP, os.Interrupt} {
		if _, err := m.Handle(sig, "same", func(Delivery) {}); err != nil {
			t.Error(err)
		}
	}
}

func TestClosedMuxRefuses(t *testing.T) {
	m := New(NewFake())
	m.Close()
	m.Close()
	if _, err := m.Handle(sigHUP, "late", func(Delivery) {}); !errors.Is(err, ErrClosed) {
		t.Errorf("Handle = %v, want ErrClosed", err)
	}
	if err := m.Listen(); !errors.Is(err, ErrClosed) {
		t.Errorf("Listen = %v, want ErrClosed", err)
	}
}

func TestNewWithoutSourcePanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "sigmux: New needs a Source" {
			t.Errorf("panic %v", v)
		}
	}()
	New(nil)
}
