// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// told collects what a prober notes.
func told(l *timeline) []string {
	var out []string
	for _, p := range l.probes {
		out = append(out, fmt.Sprintf("%s %v %s", p.Which, p.OK, p.Detail))
	}
	return out
}

func TestProberNotesChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []bool{true, true, false, false, true, false}
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		asked, changes := 0, 0
		p := &prober{which: "ready", line: newTimeline(), changed: func(bool, string) { changes++ }}
		p.ask = func(context.Context) (bool, string) {
			mu.Lock()
			defer mu.Unlock()
			n := asked
			if asked++; asked == len(answers) {
				defer cancel()
			}
			return answers[n], fmt.Sprint(n)
		}
		p.run(ctx)
		// The last answer came as ctx ended: it says nothing about the server.
		if got, want := told(p.line), []string{"ready false 2", "ready true 4"}; !reflect.DeepEqual(got[:2], want) || changes != len(got) {
			t.Errorf("noted %q with %d changes, want %q", got, changes, want)
		}
		if at := p.line.probes[0].At; at != 2*probeInterval {
			t.Errorf("the first change is noted at %v, want %v", at, 2*probeInterval)
		}
	})
}

// A question without an answer does not keep the next from being asked, and a late
// answer does not undo an earlier one to a later question.
func TestProberDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		asked := 0
		p := &prober{which: "connect", line: newTimeline()}
		p.ask = func(ctx context.Context) (bool, string) {
			mu.Lock()
			asked++
			first := asked == 1
			mu.Unlock()
			if first {
				_ = pause(ctx, 4*probeInterval)
				return true, "late"
			}
			return false, refused
		}
		var run sync.WaitGroup
		run.Go(func() { p.run(ctx) })
		_ = pause(ctx, 10*probeInterval)
		cancel()
		run.Wait()
		if got, want := told(p.line), []string{"connect false " + refused}; !reflect.DeepEqual(got, want) {
			t.Errorf("noted %q, want %q", got, want)
		}
	})
}

func TestProberIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var asked atomic.Int64
		p := &prober{which: "connect", line: newTimeline()}
		p.ask = slow(&asked, time.Hour)
		var run sync.WaitGroup
		run.Go(func() { p.run(ctx) })
		_ = pause(ctx, 100*probeInterval)
		cancel()
		run.Wait()
		if asked.Load() != maxAsking || len(p.line.probes) != 0 {
			t.Errorf("asked %d times, noted %q; want %d and nothing", asked.Load(), told(p.line), maxAsking)
		}
	})
}

// A slow server is asked at its own rate.
func TestProberDoesNotSwamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var asked atomic.Int64
		p := &prober{which: "live", line: newTimeline()}
		p.ask = slow(&asked, 4*maxInterval)
		var run sync.WaitGroup
		run.Go(func() { p.run(ctx) })
		_ = pause(ctx, 4*maxInterval+maxInterval/2) // until the first answers
		before := asked.Load()
		const times = 10
		_ = pause(ctx, times*maxInterval)
		cancel()
		run.Wait()
		if n := asked.Load() - before; n < times-1 || n > times+1 {
			t.Errorf("asked %d times in %v, want about %d", n, times*maxInterval, times)
		}
	})
}

// slow returns a question whose answer takes that long, and counts how often it is asked.
func slow(asked *atomic.Int64, takes time.Duration) question {
	return func(ctx context.Context) (bool, string) {
		asked.Add(1)
		return pause(ctx, takes) == nil, ""
	}
}

func TestQuestions(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.UserAgent() != probeAgent:
			w.WriteHeader(http.StatusTeapot)
		case r.URL.Path == "/elsewhere":
			http.Redirect(w, r, "/off", http.StatusFound)
		case r.URL.Path == "/off":
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	gone := httptest.NewServer(nil)
	gone.Close()
	defer s.Close()
	ask := newAsker()
	addr := func(s *httptest.Server) string { return s.Listener.(*net.TCPListener).Addr().String() }
	for _, tt := range []struct {
		name   string
		ask    question
		ok     bool
		detail string
	}{
		{"ready", ask.status(s.URL), true, "200 OK"},
		{"not ready", ask.status(s.URL + "/off"), false, "503 Service Unavailable"},
		{"redirected", ask.status(s.URL + "/elsewhere"), true, "302 Found"},
		{"anything", ask.answers(s.URL + "/off"), true, "503 Service Unavailable"},
		{"nobody", ask.status(gone.URL), false, refused},
		{"connects", connects(addr(s)), true, ""},
		{"does not", connects(addr(gone)), false, refused},
	} {
		if ok, detail := tt.ask(t.Context()); ok != tt.ok || detail != tt.detail {
			t.Errorf("%s: %v, %q; want %v, %q", tt.name, ok, detail, tt.ok, tt.detail)
		}
	}
}

func TestTimeline(t *testing.T) {
	l := newTimeline()
	l.markAt(record.MarkExited, 9, "")
	l.markFirst(record.MarkClosed, 7, "b")
	l.markFirst(record.MarkClosed, 5, "a")
	l.markFirst(record.MarkClosed, 6, "c")
	l.markAt(record.MarkSignal, 1, "SIGTERM")
	l.probed(record.Probe{Which: "b", At: 2})
	l.probed(record.Probe{Which: "a", At: 1})
	var r record.Round
	l.fill(&r)
	want := []record.Mark{{What: record.MarkSignal, At: 1, Detail: "SIGTERM"}, {What: record.MarkClosed, At: 5, Detail: "a"}, {What: record.MarkExited, At: 9}}
	if !reflect.DeepEqual(r.Marks, want) || r.Probes[0].Which != "a" {
		t.Errorf("marks %v, probes %v; want %v", r.Marks, r.Probes, want)
	}
	if at, ok := l.at(record.MarkClosed); at != 5 || !ok {
		t.Errorf("closed at %v, %v", at, ok)
	}
	if _, ok := l.at(record.MarkTurned); ok {
		t.Error("it has turned")
	}
}
