// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// DefaultTimeout is how long a request may take unless the [Config] says otherwise.
const DefaultTimeout = 10 * time.Second

// A Load is a number of callers who do the same. A caller makes one request after
// another; if one fails it goes on with the next, and never repeats it.
type Load struct {
	Name    string // for the tally
	Kind    Kind   // what they speak
	Callers int    // how many; at least 1

	// Share is how many of the callers use one [Client], at the same time. Zero
	// means 1.
	Share int

	// Think is how long a caller waits between the end of a request and the next,
	// on average: half of it to one and a half times. A slow server is asked less
	// often: this is a closed model.
	Think time.Duration

	// Rate is how many requests are due a second, over all callers; zero means that
	// Think says when. Each caller has its own times, at random, whatever the server
	// does: this is an open model. What is due while the caller's last request is
	// under way is sent after it, and its latency includes the wait.
	Rate float64

	// Done is called after each attempt, on its caller's goroutine: calls overlap.
	// It keeps nothing of a. Nil: nothing is called.
	Done func(a *Attempt)
}

// A Config is what a [Session] is to do.
type Config struct {
	Addr  string // where connections go, until [Session.Redirect]
	Loads []Load // at least one; all at once

	// RTT is the round trip between clients and server, added to what the network
	// takes. Zero adds none.
	RTT time.Duration

	// Timeout is how long a request may take, or connecting. A request that takes
	// longer ends within a quarter of it more. Zero means [DefaultTimeout].
	Timeout time.Duration

	// Seed is that of think times and arrivals. Zero draws one.
	Seed uint64

	// Records says that there is to be a [Record] of each attempt, of 32 bytes.
	Records bool

	// Failures is how many attempts that were not OK are kept with their errors.
	// Zero means [DefaultFailures].
	Failures int
}

// Check returns the error that [Start] would.
func (c Config) Check() error {
	switch {
	case len(c.Loads) == 0:
		return errors.New("load: empty Loads")
	case c.RTT < 0, c.Timeout < 0, c.Failures < 0:
		return errors.New("load: negative RTT, Timeout or Failures")
	}
	seen := map[string]bool{}
	for _, l := range c.Loads {
		switch {
		case l.Kind == nil:
			return fmt.Errorf("load: %q: nil Kind", l.Name)
		case l.Callers <= 0, l.Share < 0, l.Think < 0, l.Rate < 0:
			return fmt.Errorf("load: %q: no Callers, or negative Share, Think or Rate", l.Name)
		case l.Rate > 0 && l.Think > 0:
			return fmt.Errorf("load: %q: both Think and Rate", l.Name)
		case seen[l.Name]:
			return fmt.Errorf("load: two are called %q", l.Name)
		}
		seen[l.Name] = true
	}
	return nil
}

func (c *Config) setDefaults() {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Failures == 0 {
		c.Failures = DefaultFailures
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64()
	}
}

// Start begins a session: its callers begin at once. It returns an error if c makes
// no sense. The end of ctx ends the session as [Session.Close] does; Close must be
// called, or [Session.Finish], whatever happens.
func Start(ctx context.Context, c Config) (*Session, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c.setDefaults()
	s := newSession(ctx, c)
	for _, l := range s.loads {
		for _, caller := range l.callers {
			s.callers.Go(caller.run)
		}
	}
	return s, nil
}
