// SPDX-License-Identifier: Apache-2.0

package drops_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
	"github.com/go-quiesce/quiesce/quiescetest/drops"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// propagation is how long load balancers take to look away in these tests.
const propagation = 100 * time.Millisecond

// shop answers after a moment: what makes requests be in flight at a stop.
var shop = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	time.Sleep(time.Millisecond) // the work
	io.WriteString(w, "hello")
})

func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

// newServer speaks HTTP/1 and HTTP/2 in clear.
func newServer() *http.Server {
	srv := &http.Server{Handler: shop, Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	return srv
}

// startPlain is net/http alone, as most programs stop it.
func startPlain(context.Context) (string, func(context.Context) error, error) {
	ln, err := listen()
	if err != nil {
		return "", nil, err
	}
	srv := newServer()
	go srv.Serve(ln)
	return ln.Addr().String(), srv.Shutdown, nil
}

// startSleeping is net/http after a readiness delay.
func startSleeping(ctx context.Context) (string, func(context.Context) error, error) {
	addr, stop, err := startPlain(ctx)
	return addr, func(ctx context.Context) error {
		time.Sleep(2 * propagation)
		return stop(ctx)
	}, err
}

// startDrained is a drain.Server with a readiness delay.
func startDrained(ctx context.Context) (string, func(context.Context) error, error) {
	srv := newServer()
	srv.Addr = "127.0.0.1:0"
	s := drain.NewServer(srv)
	if err := s.Listen(ctx); err != nil {
		return "", nil, err
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background()) }()
	return s.Addr().String(), func(ctx context.Context) error {
		return errors.Join(s.Shutdown(ctx, 2*propagation), <-served)
	}, nil
}

// startApp is an app with quiesce.HTTP and a readiness delay.
func startApp(context.Context) (string, func(context.Context) error, error) {
	ln, err := listen()
	if err != nil {
		return "", nil, err
	}
	app := quiesce.New("shop", quiesce.WithReadinessDelay(2*propagation))
	app.Add("http", quiesce.HTTPOn(newServer(), ln))
	ended := make(chan error, 1)
	go func() {
		ended <- app.Run(context.Background())
	}()
	return ln.Addr().String(), func(context.Context) error {
		app.Shutdown(nil)
		return <-ended
	}, nil
}

func run(t *testing.T, trial drops.Trial) *drops.Result {
	t.Helper()
	r, err := trial.Run(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, r)
	}
	t.Logf("\n%s", r)
	return r
}

// stops is how many stops a trial of these tests makes.
func stops() int {
	if os.Getenv("QUIESCE_LONG") != "" {
		return 20
	}
	return 2
}

// busy are the callers of a short trial.
var busy = drops.DefaultLoads(load.Request{})[:1]

// loads are all kinds of clients for a server in clear.
func loads() []load.Load {
	post := load.Request{Path: "/orders", Body: "order"}
	return append(
		drops.DefaultLoads(post),
		load.Load{Name: "new", Kind: load.NewConnection(post), Callers: 8, Think: 10 * time.Millisecond},
		load.Load{Name: "h2", Kind: load.HTTP2(post), Callers: 32, Share: 32, Think: 10 * time.Millisecond},
	)
}

// What most programs do loses requests, with a readiness delay or without.
func TestFindsWhatShutdownLoses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		start drops.Start
	}{{"at once", startPlain}, {"after a delay", startSleeping}} {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, drops.Trial{Start: tt.start, Stops: 5, RTT: 10 * time.Millisecond, Loads: busy})
			if err := r.Check(drops.Sum(load.Lost, 0)); err == nil {
				t.Error("no request was lost, want some")
			}
			if err := r.Check(); err != nil {
				t.Errorf("without limits: %v", err)
			}
		})
	}
}

// Ours does not, and no client comes back to the instance it was told to leave.
func TestHoldsWhatDrainKeeps(t *testing.T) {
	for _, tt := range []struct {
		name  string
		start drops.Start
	}{{"drain.Server", startDrained}, {"quiesce.HTTP", startApp}} {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, drops.Trial{Start: tt.start, Stops: stops(), Loads: loads()})
			r.Hold(t, drops.Max(load.Lost, 0), drops.Median(drops.Reconnects, 1.05))
			total := r.Total()
			if told, goAways := total.Told, total.GoAways; told < 64*len(r.Stops) || goAways != len(r.Stops) {
				t.Errorf("%d told to leave, %d GOAWAYs; want %d or more, and %d", told, goAways, 64*len(r.Stops), len(r.Stops))
			}
		})
	}
}

// At a distance a server cannot be perfect, only close to it.
func TestHoldsAtADistance(t *testing.T) {
	r := run(t, drops.Trial{Start: startDrained, Stops: stops(), RTT: 10 * time.Millisecond, Loads: busy})
	r.Hold(t, drops.Median(load.Lost, 0), drops.Sum(load.Lost, 1), drops.Median(drops.Reconnects, 1.05))
}

// A server that is restarted refuses, and everybody comes back.
func TestRestart(t *testing.T) {
	var now, most, starts int
	start := func(ctx context.Context) (string, func(context.Context) error, error) {
		starts++
		now++
		most = max(most, now)
		addr, stop, err := startDrained(ctx)
		return addr, func(ctx context.Context) error {
			now--
			return stop(ctx)
		}, err
	}
	r := run(t, drops.Trial{Start: start, Stops: 2, Restart: true, Loads: busy})
	r.Hold(t)
	if most != 1 || starts != 3 || now != 0 {
		t.Errorf("%d starts, %d at once, %d left; want 3, 1, 0", starts, most, now)
	}
	if total := r.Total(); total.Reconnects < total.Connections {
		t.Errorf("%d reconnects of %d connections, want all", total.Reconnects, total.Connections)
	}
}
