// SPDX-License-Identifier: Apache-2.0

package situation_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/situation"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// grace is what a stop may take: enough for those that end, on a busy machine, and
// little for those that never do.
func grace(srv *server) time.Duration {
	if srv.hangs {
		return 500 * time.Millisecond
	}
	return time.Minute
}

// play plays a situation against a server that is stopped in it.
func play(t *testing.T, s record.Situation, srv *server, r load.Request) []record.Fate {
	t.Helper()
	p, err := situation.Begin(t.Context(), s, scene(srv, r))
	if err != nil {
		t.Fatal(err)
	}
	if skipped := p.Skipped(); len(skipped) > 0 {
		t.Errorf("skipped: %v", skipped)
	}
	ctx, cancel := context.WithTimeout(t.Context(), grace(srv))
	defer cancel()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		srv.stop(ctx)
	}()
	p.Signalled()
	select {
	case <-gone:
		srv.force() // the process has ended
	case <-ctx.Done():
	}
	fates := p.End(ctx)
	srv.force()
	<-gone
	return fates
}

func scene(srv *server, r load.Request) situation.Scene {
	return situation.Scene{
		Addr: srv.addr, TLS: srv.tls, Request: r, HTTP: true,
		Rand: rand.New(rand.NewPCG(1, 2)), Timeout: time.Minute,
	}
}

func bad(fates []record.Fate) []record.Fate {
	return slices.DeleteFunc(slices.Clone(fates), func(f record.Fate) bool { return f.Good })
}

func mustBeGood(t *testing.T, fates []record.Fate) {
	t.Helper()
	if len(fates) == 0 {
		t.Error("no fates")
	}
	for _, f := range bad(fates) {
		t.Errorf("of a correct server: %+v", f)
	}
}

// mustBeBad says which kind of client is to suffer, and how; that others do too is
// possible.
func mustBeBad(t *testing.T, fates []record.Fate, what string, outcomes ...load.Outcome) {
	t.Helper()
	for _, f := range fates {
		notCounted := strings.HasPrefix(f.Detail, "not counted") // this machine is too busy
		if f.What == what && (!f.Good || notCounted) && slices.ContainsFunc(outcomes, func(o load.Outcome) bool { return o.String() == f.Outcome }) {
			return
		}
	}
	t.Errorf("no %q has ended with one of %v: %+v", what, outcomes, fates)
}

var noAnswer = []load.Outcome{load.NoResponse, load.ResetAfterWrite}

func TestHandshake(t *testing.T) {
	t.Run("correct", func(t *testing.T) {
		mustBeGood(t, play(t, record.Handshake, drained(t, answer, nil), load.Request{}))
	})
	t.Run("correct, TLS", func(t *testing.T) {
		ours, theirs := secure(t)
		srv := drained(t, answer, ours)
		srv.tls = theirs
		mustBeGood(t, play(t, record.Handshake, srv, load.Request{}))
	})
	t.Run("waits for the silent", func(t *testing.T) {
		fates := play(t, record.Handshake, patient(t, answer), load.Request{})
		mustBeBad(t, fates, "silent connection", load.Timeout)
	})
	t.Run("drops first requests", func(t *testing.T) {
		fates := play(t, record.Handshake, handled(t, drop, nil), load.Request{})
		mustBeBad(t, fates, "first request of a connection", noAnswer...)
	})
	t.Run("drops first requests, TLS", func(t *testing.T) {
		ours, theirs := secure(t)
		srv := handled(t, drop, ours)
		srv.tls = theirs
		fates := play(t, record.Handshake, srv, load.Request{})
		mustBeBad(t, fates, "first request of a connection", noAnswer...)
		mustBeBad(t, fates, "half a TLS handshake", noAnswer...)
	})
}

// drop ends the connection without an answer.
func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestBody(t *testing.T) {
	t.Run("correct", func(t *testing.T) {
		mustBeGood(t, play(t, record.Body, drained(t, answer, nil), load.Request{Body: "an order"}))
	})
	t.Run("refuses cleanly", func(t *testing.T) {
		refuse := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		mustBeGood(t, play(t, record.Body, handled(t, refuse, nil), load.Request{}))
	})
	t.Run("fails", func(t *testing.T) {
		fail := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
		fates := play(t, record.Body, handled(t, fail, nil), load.Request{})
		mustBeBad(t, fates, "half a header", load.HTTPError)
	})
	t.Run("closes", func(t *testing.T) {
		fates := play(t, record.Body, plain(t, &http.Server{Handler: http.HandlerFunc(answer)}, closeAll), load.Request{})
		mustBeBad(t, fates, "half a body", noAnswer...)
		mustBeBad(t, fates, "half a header", noAnswer...)
	})
	// net/http waits for what it has begun to read, and then closes the connection.
	t.Run("closes half headers", func(t *testing.T) {
		fates := play(t, record.Body, plain(t, &http.Server{Handler: http.HandlerFunc(answer)}, shutdown), load.Request{})
		mustBeBad(t, fates, "half a header", noAnswer...)
	})
}

// What the server says to such requests at any time is no fault of its stop.
func TestNormalStatus(t *testing.T) {
	h := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }
	mustBeGood(t, play(t, record.Body, drained(t, h, nil), load.Request{}))
}

func TestIdle(t *testing.T) {
	t.Run("correct", func(t *testing.T) {
		mustBeGood(t, play(t, record.Idle, drained(t, answer, nil), load.Request{}))
	})
	t.Run("correct, TLS", func(t *testing.T) {
		ours, theirs := secure(t)
		srv := drained(t, answer, ours)
		srv.tls = theirs
		mustBeGood(t, play(t, record.Idle, srv, load.Request{}))
	})
	t.Run("drops the next", func(t *testing.T) {
		mustBeBad(t, play(t, record.Idle, handled(t, drop, nil), load.Request{}), "idle connection", noAnswer...)
	})
}

func TestSlowClient(t *testing.T) {
	t.Run("correct", func(t *testing.T) {
		mustBeGood(t, play(t, record.SlowClient, drained(t, large, nil), load.Request{}))
	})
	t.Run("net/http", func(t *testing.T) {
		mustBeGood(t, play(t, record.SlowClient, plain(t, &http.Server{Handler: http.HandlerFunc(large)}, shutdown), load.Request{}))
	})
	t.Run("closes", func(t *testing.T) {
		fates := play(t, record.SlowClient, plain(t, &http.Server{Handler: http.HandlerFunc(large)}, closeAll), load.Request{})
		mustBeBad(t, fates, "slow reader", load.Truncated)
	})
}

func TestHalfOpen(t *testing.T) {
	t.Run("correct", func(t *testing.T) {
		mustBeGood(t, play(t, record.HalfOpen, drained(t, answer, nil), load.Request{}))
	})
	t.Run("takes the half for the whole", func(t *testing.T) {
		abort := func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done() // net/http ends it when the client has closed its half
			drop(w, r)
		}
		fates := play(t, record.HalfOpen, handled(t, abort, nil), load.Request{})
		mustBeBad(t, fates, "client that closed its half", noAnswer...)
	})
	t.Run("waits for the gone", func(t *testing.T) {
		fates := play(t, record.HalfOpen, patient(t, answer), load.Request{})
		for _, what := range []string{"idle", "silent", "unanswered"} {
			mustBeBad(t, fates, "client that has gone, "+what, load.Timeout)
		}
	})
}

func TestNeverReads(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{"small": answer, "large": large} {
		t.Run("correct/"+name, func(t *testing.T) {
			srv := drained(t, h, nil)
			srv.limit = time.Second
			mustBeGood(t, play(t, record.NeverReads, srv, load.Request{}))
		})
		t.Run("waits/"+name, func(t *testing.T) {
			fates := play(t, record.NeverReads, patient(t, h), load.Request{})
			mustBeBad(t, fates, "client that never reads", load.Timeout)
		})
	}
}

func TestTwice(t *testing.T) {
	for _, s := range []record.Situation{record.Twice, record.TermInt} {
		p, srv := hold(t, s, answer)
		if !p.Holds() {
			t.Errorf("%s: the server does not wait for the body", s)
		}
		p.Signalled()
		srv.force() // as a second signal does
		mustBeGood(t, p.End(t.Context()))
		if p.Holds() {
			t.Errorf("%s: it holds the server after its end", s)
		}

		p, _ = hold(t, s, answer)
		p.Signalled()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		mustBeBad(t, p.End(over), "request that never finishes", load.Timeout)
	}
}

func hold(t *testing.T, s record.Situation, h http.HandlerFunc) (*situation.Play, *server) {
	t.Helper()
	srv := plain(t, &http.Server{Handler: h}, shutdown)
	p, err := situation.Begin(t.Context(), s, scene(srv, load.Request{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, srv
}

// A server that answers without having read the body is not held.
func TestHoldsNot(t *testing.T) {
	eager := func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		c.Close()
	}
	p, _ := hold(t, record.Twice, eager)
	untilFree(p)
}

// One that gives it up does not wait any more.
func TestHoldsUntilGivenUp(t *testing.T) {
	p, srv := hold(t, record.Twice, answer)
	if !p.Holds() {
		t.Error("it does not hold a server that waits")
	}
	srv.force()
	untilFree(p)
}

// untilFree waits until the play does not hold the server.
func untilFree(p *situation.Play) {
	for p.Holds() {
		runtime.Gosched()
	}
}

func TestBeginRefuses(t *testing.T) {
	srv := plain(t, &http.Server{Handler: http.HandlerFunc(answer)}, closeAll)
	sc := scene(srv, load.Request{})
	sc.HTTP = false
	if _, err := situation.Begin(t.Context(), record.Body, sc); !errors.Is(err, situation.ErrNotHTTP) {
		t.Errorf("without HTTP: error = %v", err)
	}
	p, err := situation.Begin(t.Context(), record.Handshake, sc)
	if err != nil {
		t.Fatal(err)
	}
	srv.force()
	mustBeGood(t, p.End(t.Context()))

	sc.HTTP = true
	if _, err := situation.Begin(t.Context(), record.Idle, sc); err == nil {
		t.Error("nobody listens, and Begin did not fail")
	}
}

// What the server does not do in peace is left out.
func TestSkipped(t *testing.T) {
	srv := plain(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		answer(w, r)
	})}, closeAll)
	p, err := situation.Begin(t.Context(), record.HalfOpen, scene(srv, load.Request{}))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if s := p.Skipped(); len(s) != 1 || !strings.Contains(s[0].What, "idle") {
		t.Errorf("skipped = %v, want the idle one", s)
	}
	if _, err := situation.Begin(t.Context(), record.Idle, scene(srv, load.Request{})); err == nil {
		t.Error("no connection can be idle, and Begin did not fail")
	}
}

func TestNilPlay(t *testing.T) {
	p, err := situation.Begin(t.Context(), record.Plain, situation.Scene{})
	if p != nil || err != nil {
		t.Fatalf("Begin = %v, %v, want nil", p, err)
	}
	p.Signalled()
	if p.Holds() || p.End(t.Context()) != nil || p.Skipped() != nil {
		t.Error("the play of nobody has clients")
	}
	p.Close()
}
