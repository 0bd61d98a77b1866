// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

const (
	// DefaultStops is how many stops a trial makes unless it says otherwise.
	DefaultStops = 5

	// DefaultPropagation is how long new connections reach an instance that was
	// told to stop, unless the trial says otherwise.
	DefaultPropagation = 100 * time.Millisecond

	// DefaultGrace is how long a stop may take unless the trial says otherwise.
	DefaultGrace = 30 * time.Second
)

// DefaultLoads returns the callers of a [Trial] that has none: 48 busy ones and 16
// that are mostly idle, each on an HTTP/1.1 connection of its own that it keeps.
func DefaultLoads(r load.Request) []load.Load {
	return []load.Load{
		{Name: "busy", Kind: load.KeepAlive(r), Callers: 48, Think: 20 * time.Millisecond},
		{Name: "idle", Kind: load.KeepAlive(r), Callers: 16, Think: 400 * time.Millisecond},
	}
}

// A Start starts an instance of the server under test. It returns when that
// serves at addr ("127.0.0.1:4711"). stop asks it to stop, as SIGTERM would, and
// returns when it has; an error ends the trial. The end of stop's context is that
// of the trial's grace period; ctx bounds the start only.
//
// Both are called on the goroutine of [Trial.Run], so that they may fail a test.
// With a successor, two instances are there at a time.
type Start func(ctx context.Context) (addr string, stop func(ctx context.Context) error, err error)

// A Trial stops a server under load, several times. Only Start must be set. It
// may be copied, and run again.
type Trial struct {
	Start Start

	// Loads are those who call the server, all at once. Nil means [DefaultLoads].
	Loads []load.Load

	// Stops is how many stops to make. Zero means [DefaultStops].
	Stops int

	// Restart makes each stop one of the only instance, which is started again
	// when it has stopped: between, connections are refused. Otherwise its
	// successor serves before it is told to stop, as in a rolling update.
	Restart bool

	// Propagation is how long after the stop request new connections still reach
	// the old instance, as they do until every load balancer has looked away.
	// Zero means [DefaultPropagation]; negative means that they reach the
	// successor at once. It plays no part in a restart.
	Propagation time.Duration

	// RTT is the round trip between clients and server, added to what the network
	// takes. Zero adds none.
	RTT time.Duration

	// Timeout is how long a request may take, or connecting, and how long a caller
	// may go unanswered before a stop and after one. Zero means [load.DefaultTimeout].
	Timeout time.Duration

	// Grace is how long a stop may take. Zero means [DefaultGrace].
	Grace time.Duration
}

// Run makes the stops and returns what was seen. It returns an error if the trial
// makes no sense, if an instance could not be started or stopped, if callers were
// not served before a stop was to begin, and if ctx ended; with it comes the
// result of the stops that were made. What is lost is no error: see [Result.Hold].
//
// When Run returns, what it started has been stopped or was asked to.
func (t Trial) Run(ctx context.Context) (*Result, error) {
	t.setDefaults()
	if err := t.validate(); err != nil {
		return &Result{}, err
	}
	r := run{trial: &t, result: new(Result)}
	return r.result, r.do(ctx)
}

func (t *Trial) setDefaults() {
	if t.Loads == nil {
		t.Loads = DefaultLoads(load.Request{})
	}
	if t.Stops == 0 {
		t.Stops = DefaultStops
	}
	for _, d := range []struct {
		of      *time.Duration
		without time.Duration
	}{
		{&t.Propagation, DefaultPropagation},
		{&t.Timeout, load.DefaultTimeout},
		{&t.Grace, DefaultGrace},
	} {
		if *d.of == 0 {
			*d.of = d.without
		}
	}
}

func (t *Trial) validate() error {
	switch {
	case t.Start == nil:
		return errors.New("drops: nil Start")
	case t.Stops < 0, t.Grace < 0:
		return errors.New("drops: negative Stops or Grace")
	}
	if err := t.config("").Check(); err != nil {
		return fmt.Errorf("drops: %w", err)
	}
	return nil
}

// config returns that of the session around a stop.
func (t *Trial) config(addr string) load.Config {
	return load.Config{Addr: addr, Loads: t.Loads, RTT: t.RTT, Timeout: t.Timeout}
}
