// SPDX-License-Identifier: Apache-2.0

//go:build unix

package drops_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/quiescetest/drops"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

func TestMain(m *testing.M) {
	quiescetest.Children(map[string]func(){"shop": childShop})
	os.Exit(m.Run())
}

// childShop is a whole program that serves until SIGTERM.
func childShop() {
	ln, err := listen()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	app := quiesce.New("shop", quiesce.WithReadinessDelay(2*propagation))
	web := app.Add("http", quiesce.HTTPOn(&http.Server{Handler: shop}, ln))
	app.Add("ready-line", quiesce.Component{Start: func(context.Context) error {
		fmt.Println("serving on", ln.Addr(), "since now")
		return nil
	}}, quiesce.Needs(web))
	os.Exit(app.Main())
}

// A real program that gets a real SIGTERM.
func TestChildLosesNothing(t *testing.T) {
	r := run(t, drops.Trial{
		Start: quiescetest.Server(t, func() quiescetest.Command {
			c := quiescetest.Child(t, "shop")
			c.Ready = "serving on "
			return c
		}()),
		Stops: 2,
		Loads: []load.Load{{Name: "busy", Kind: load.KeepAlive(load.Request{}), Callers: 16, Think: 20 * time.Millisecond}},
	})
	r.Hold(t, drops.Max(load.Lost, 0), drops.Median(drops.Reconnects, 1.05))
}

// One that ends badly ends the trial.
func TestChildStoppedBadly(t *testing.T) {
	c := quiescetest.Command{Args: []string{"sh", "-c", "trap 'exit 3' TERM; echo at 127.0.0.1:1; while :; do sleep 0.01; done"}, Ready: "at "}
	addr, stop, err := quiescetest.Server(t, c)(t.Context())
	if err != nil || addr != "127.0.0.1:1" {
		t.Fatalf("start = %q, %v", addr, err)
	}
	if err := stop(t.Context()); err == nil {
		t.Error("stop = nil, want an error with exit code 3")
	} else if want := "quiescetest: the server ended with exit code 3\n"; err.Error()[:len(want)] != want {
		t.Errorf("stop = %v, want %q", err, want)
	}
}
