// SPDX-License-Identifier: Apache-2.0

// Package demo drills examples/shop twice, with a main function as one finds it
// everywhere and with quiesce, and puts the two verdicts side by side.
package demo

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

const (
	// grace is what the shop is given; of a delay it is given twice as much as it has
	// to keep, for a machine so busy that a probe sees the begin of it late.
	grace          = 10 * time.Second
	readinessDelay = 200 * time.Millisecond

	// minStops is little, for a slow machine: one stop of the naive main is enough to
	// see what it is.
	minStops = 5

	// The probes have an address of their own and the port of the API: a port that
	// nobody else takes between two rounds.
	api   = "http://127.0.0.1:{port}"
	admin = "http://127.0.0.2:{port}"
)

// situations are two of a drill's, for a verdict within few stops.
var situations = []record.Situation{record.Idle, record.Handshake}

// A Config says how the demo is run.
type Config struct {
	Source      string        // folder in a checkout
	Rounds      int           // stops of each main; 0: as many as fit
	Duration    time.Duration // for each main
	Connections int           // of clients that keep theirs; a quarter of it for each other kind
	Seed        uint64
	Tool        string                           // version of quiesce
	Progress    func(name string) drill.Progress // for each main
}

// A Side is what came of one main.
type Side struct {
	Name   string // "naive" or "shop"
	Run    *record.Run
	Outbox Outbox
}

// Passed reports whether the main stops without losing anything.
func (s *Side) Passed() bool { return s.Run.Verdict == record.Pass && s.Outbox.ok() }

// Run builds both mains and drills one after the other. It leaves nothing behind. The
// end of ctx ends it, with an error.
func Run(ctx context.Context, c Config) (naive, shop *Side, err error) {
	dir, err := os.MkdirTemp("", "quiesce-demo-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	if err := build(ctx, c.Source, dir); err != nil {
		return nil, nil, err
	}
	if naive, err = c.side(ctx, dir, "naive"); err != nil {
		return nil, nil, err
	}
	shop, err = c.side(ctx, dir, "shop")
	return naive, shop, err
}

// side drills one main, on a database and with a broker of its own.
func (c *Config) side(ctx context.Context, dir, name string) (*Side, error) {
	b, err := newBroker()
	if err != nil {
		return nil, err
	}
	defer b.close()
	w := &watch{Progress: c.Progress(name), ctx: ctx, db: filepath.Join(dir, name+".db"), broker: b, left: map[string]bool{}}
	config := c.drill([]string{
		filepath.Join(dir, name), "-addr", "127.0.0.1:{port}", "-admin", "127.0.0.2:{port}", "-db", w.db, "-broker", b.url,
		"-grace", grace.String(), "-delay", (2 * readinessDelay).String(),
	})
	config.Progress = w
	run, err := drill.Run(ctx, config)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case w.err != nil:
		return nil, fmt.Errorf("%s: look into its database: %w", name, w.err)
	}
	return &Side{name, run, w.seen}, nil
}

// drill is what both mains go through.
func (c *Config) drill(command []string) drill.Config {
	quarter := max(1, c.Connections/4)
	order := load.Request{Method: http.MethodPost, Path: "/orders", Body: "a teapot", Header: http.Header{"Idempotency-Key": {"the same"}}}
	write := order
	write.Header = http.Header{"Idempotency-Key": {"{id}"}}
	least, tried := minStops, situations
	if c.Rounds > 0 { // every other one is plain
		least, tried = 1, situations[:min(len(situations), c.Rounds/2)]
	}
	return drill.Config{
		Setup: record.Setup{
			Command: command, Ready: admin + "/readyz", Live: admin + "/livez", Grace: grace, Delay: readinessDelay,
			Seed: c.Seed, Rounds: c.Rounds, Duration: c.Duration, MinStops: least, MinSent: 1,
		},
		Loads: []drill.LoadConfig{
			{LoadSetup: clients(record.HTTP1, "/orders", c.Connections, false), Request: order},
			{LoadSetup: clients(record.HTTP1, "/orders", quarter, true), Request: order},
			{LoadSetup: clients(record.SSE, "/events", quarter, false)},
		},
		Write:      &write,
		Read:       &load.Request{Method: http.MethodGet, Path: "/orders/{id}"},
		Situations: tried,
		Tool:       c.Tool,
	}
}

// rate is how many requests a second are due on each connection: so many that a stop
// always meets some, and less than SQLite can take.
const rate = 20

func clients(p record.Protocol, path string, n int, anew bool) record.LoadSetup {
	l := record.LoadSetup{Protocol: p, URL: api + path, Connections: n, NewConn: anew}
	if p == record.HTTP1 {
		l.Rate = rate * float64(n)
	}
	return l
}
