// SPDX-License-Identifier: Apache-2.0

package load

import (
	"math/rand/v2"
	"time"
)

// minThink is between the requests of a caller of a closed load that fails: one that
// is refused at once would otherwise do nothing but count that.
const minThink = time.Millisecond

// A caller makes one request after another.
type caller struct {
	*loading
	wire   *Wire
	client Client
	number uint32
	rand   *rand.Rand
	timer  *time.Timer
	clock  *clock // of an open load, if there is one here; or nil
	bubble bool   // time is not the clock's, but that of testing/synctest

	attempt Attempt
	due     time.Duration // when the next is to begin
	free    time.Duration // when the last ended
	asked   *mark         // what was set when the attempt began
	served  *mark         // the last that knows that the caller was answered

	records records
	late    histogram // how long after it could be begun a request was begun
	busy    histogram // how long after it was due it could be
}

func newCaller(l *loading, w *Wire, client Client, number int) *caller {
	c := &caller{loading: l, wire: w, client: client, number: uint32(number)}
	c.rand = rand.New(rand.NewPCG(l.session.config.Seed, uint64(l.number)<<32|uint64(number)))
	c.attempt.answering = c.answered
	c.timer = time.NewTimer(0)
	<-c.timer.C
	if c.Rate > 0 {
		c.clock = newClock()
	}
	return c
}

func (c *caller) run() {
	defer func() {
		c.timer.Stop()
		if c.clock != nil {
			c.clock.close()
		}
		if c.wire.users.Add(-1) == 0 {
			_ = c.client.Close() // what it has to say was said by requests
		}
	}()
	c.first()
	for c.wait() && c.make() {
		c.next()
	}
}

// first says when the first request is due.
func (c *caller) first() {
	switch {
	case c.Rate > 0:
		c.due = c.gap()
	case c.Think > 0:
		c.due = time.Duration(c.rand.Int64N(int64(c.Think))) // so that callers are not in step
	}
}

// next says when the next is due, now that the last has ended.
func (c *caller) next() {
	if c.Rate > 0 {
		c.due += c.gap()
		return
	}
	var think time.Duration
	if c.Think > 0 {
		think = c.Think/2 + time.Duration(c.rand.Int64N(int64(c.Think)))
	}
	if c.attempt.Outcome != OK {
		think = max(think, minThink)
	}
	c.due = c.free + think
}

// gap returns the time between two arrivals of an open load.
func (c *caller) gap() time.Duration {
	return time.Duration(c.rand.ExpFloat64() * float64(c.Callers) / c.Rate * float64(time.Second))
}

// wait waits until the next request is due. It reports whether it is to be made.
func (c *caller) wait() bool {
	s := c.session
	if c.due == c.free { // a closed load without think time: no schedule to be late for
		return !s.ended()
	}
	now := s.now()
	if c.due > now {
		if now = c.sleep(now); now < c.due {
			return false
		}
	}
	c.busy.add(max(0, c.free-c.due))
	c.late.add(now - max(c.due, c.free))
	return !s.ended()
}

// sleep sleeps until the next request is due, or the session ends. It returns the
// time.
func (c *caller) sleep(now time.Duration) time.Duration {
	s := c.session
	if c.clock != nil && !c.bubble {
		c.clock.sleep(c.due - now)
		if now = s.now(); now >= c.due || s.ended() {
			return now
		}
		c.bubble = true
	}
	c.timer.Reset(c.due - now)
	select {
	case <-c.timer.C:
	case <-s.over:
	}
	return s.now()
}

// make makes one attempt. It reports whether there was one.
func (c *caller) make() bool {
	s, a := c.session, &c.attempt
	for {
		c.asked = s.mark.Load()
		a.reset()
		c.client.Do(s.run, a)
		c.free = s.now()
		if a.Outcome != OK && (s.run.Err() != nil || a.Sent == 0 && s.ended()) {
			a.Fail(Abandoned, errAbandoned)
		}
		if a.Outcome != Abandoned || a.Sent > 0 {
			break
		}
		if !c.held() {
			return false
		}
	}
	c.count()
	return true
}

// held waits until connections are made again. It reports whether there is to be
// one.
func (c *caller) held() bool {
	s := c.session
	for {
		if r := s.route.Load(); r.held {
			select {
			case <-r.changed:
				continue
			case <-s.over:
				return false
			}
		}
		// A client that connects in its own time may not have noticed yet.
		return pause(s.open, minThink) == nil
	}
}

func (c *caller) count() {
	a := &c.attempt
	c.wire.count.outcomes[a.Outcome].Add(1)
	if a.Outcome == OK {
		c.answered()
	}
	if c.Done != nil {
		c.Done(a)
	}
	if a.Outcome == OK && !c.session.config.Records {
		return
	}
	r := Record{
		Due: c.due, Sent: a.Sent, Done: c.free,
		Caller: c.number, Status: uint16(a.Status), Outcome: a.Outcome, Fresh: a.Fresh,
	}
	if c.session.config.Records {
		c.records.add(r)
	}
	if a.Outcome != OK {
		c.session.failed(Failure{Load: c.Name, Record: r, ID: a.ID, Err: a.Err})
	}
}

// answered tells the mark, once.
func (c *caller) answered() {
	if c.served != c.asked {
		c.served = c.asked
		c.asked.arrive(c.loading.number)
	}
}
