// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// clients are the load of a round: a session for each address, most often one.
type clients struct{ sessions []*session }

// A session is the loads of one address.
type session struct {
	*load.Session
	addr  string
	loads []load.Load
}

// startClients starts what a schedule says, at an instance. Every caller begins at
// once.
func (d *drill) startClients(ctx context.Context, s record.Schedule, i *instance, write *load.Load) (*clients, error) {
	byAddr := map[string][]load.Load{}
	var addrs []string // in the order in which they come
	add := func(addr string, l load.Load) {
		if !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
		byAddr[addr] = append(byAddr[addr], l)
	}
	for k := range d.Loads {
		if l := &d.Loads[k]; slices.Contains(s.Loads, l.Name) {
			add(i.aims[k].addr, d.loadOf(l, i.aims[k], s.Callers))
		}
	}
	if write != nil {
		add(i.aims[0].addr, *write)
	}
	c := new(clients)
	for _, addr := range addrs {
		one, err := load.Start(ctx, load.Config{
			Addr: addr, Loads: byAddr[addr], Timeout: d.patience(), Seed: s.Seed, Records: true, Failures: maxFailures,
		})
		if err != nil {
			c.close()
			return nil, err
		}
		c.sessions = append(c.sessions, &session{one, addr, byAddr[addr]})
	}
	return c, nil
}

// maxFailures is how many failed attempts of a session are kept with their errors:
// after the end of a server each of its clients is refused many times.
const maxFailures = 20_000

// loadOf returns a load as it is run against an aim, by at most callers clients.
func (d *drill) loadOf(l *LoadConfig, a aim, callers int) load.Load {
	return load.Load{
		Name: l.Name, Kind: kindOf(l, a.request(l.Request)), Callers: atMost(l.Connections, callers),
		Think: l.Think, Rate: atRate(l, callers),
	}
}

// atMost returns n, but at most limit if there is one.
func atMost(n, limit int) int {
	if limit > 0 {
		return min(n, limit)
	}
	return n
}

// atRate returns the rate of a load that has fewer callers than it was set up with.
func atRate(l *LoadConfig, callers int) float64 {
	return l.Rate * float64(atMost(l.Connections, callers)) / float64(l.Connections)
}

// patience is how long a request may take: one that a stop has not answered within
// the grace period is not answered any more.
func (d *drill) patience() time.Duration { return d.Setup.Grace + time.Second }

// served waits until every caller was answered.
func (c *clients) served(ctx context.Context) error {
	for _, s := range c.sessions {
		if err := s.Served(ctx); err != nil {
			return fmt.Errorf("not every client was answered%s: %w", c.firstFailure(), err)
		}
	}
	return nil
}

// firstFailure tells what went wrong first, if anything did.
func (c *clients) firstFailure() string {
	for _, s := range c.sessions {
		for _, f := range s.Failures() {
			return fmt.Sprintf(" (%s: %s: %v)", f.Load, f.Outcome, f.Err)
		}
	}
	return ""
}

// hold lets nobody connect any more.
func (c *clients) hold() {
	for _, s := range c.sessions {
		s.Hold()
	}
}

// turn sends new connections from one instance to another.
func (c *clients) turn(from, to *instance) {
	for _, s := range c.sessions {
		s.Redirect(to.twin(from, s.addr))
	}
}

// finish lets what is in flight come to its end, within limit.
func (c *clients) finish(ctx context.Context, limit time.Duration) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New("the server is gone"))
	defer cancel()
	var all sync.WaitGroup
	for _, s := range c.sessions {
		all.Go(func() { s.Finish(ctx) })
	}
	all.Wait()
}

func (c *clients) close() {
	for _, s := range c.sessions {
		s.Close()
	}
}
