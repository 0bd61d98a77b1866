// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A client plays a form. All its methods run on one goroutine.
type client struct {
	play      *Play
	form      *form
	delay     time.Duration // between the signal and what it does then
	rehearsal bool          // there is no signal
	control   control       // of the socket, before it connects; may be nil

	line     *line
	prepared sync.Once
	asked    bool          // it was where the signal is to find it
	late     time.Duration // how much later than it should it went on
}

// lateMost is how late a client may be that is to finish what it has begun soon.
const lateMost = 100 * time.Millisecond

// An ending is how it went for a client.
type ending struct {
	outcome load.Outcome
	good    bool // although the outcome may not look so
	status  int
	size    int64 // of the answer
	closes  bool  // the answer says that the connection ends with it
	err     error
}

func (c *client) run() record.Fate {
	defer c.ready()
	e := c.act(c.form.play)
	if !c.asked && (e.outcome == load.ClientLimit || e.outcome == load.DNSFailed) {
		c.play.fail(e.err) // our own doing
	}
	return c.fate(e)
}

// fate returns what e comes to. A client that was to finish soon, and did so much later
// because the machine is too busy, is no witness against the server.
func (c *client) fate(e ending) record.Fate {
	f := record.Fate{What: c.form.what, Outcome: e.outcome.String(), Good: e.good, At: c.play.scene.Now()}
	f.Detail = e.detail()
	switch {
	case !c.asked:
		f.Detail = "before the signal: " + f.Detail
	case !f.Good && c.form.soon && c.late > lateMost:
		f.Good = true
		f.Detail = fmt.Sprintf("not counted, as the client was %v late: %s", c.late.Round(time.Millisecond), f.Detail)
	}
	return f
}

// act plays, and closes the connection.
func (c *client) act(play func(*client) ending) ending {
	e := play(c)
	if c.line != nil {
		c.line.Close()
	}
	if e.outcome == load.OK || e.outcome == load.HTTPRefused || e.outcome == load.ResetBeforeWrite {
		e.good = true
	}
	return e
}

// rehearse plays the form in peace, and returns why it cannot be played.
func (c *client) rehearse() error {
	began := time.Now()
	e := c.act(c.form.play)
	if e.err != nil {
		return e.err
	}
	if e.status == 0 {
		return fmt.Errorf("not answered: %v", e.outcome)
	}
	c.form.status, c.form.size, c.form.took = e.status, e.size, time.Since(began)
	return nil
}

func (e *ending) detail() string {
	switch {
	case e.err != nil:
		return e.err.Error()
	case e.status != 0:
		return fmt.Sprintf("status %d", e.status)
	default:
		return ""
	}
}

// ready says that the client is where the signal is to find it, or never will be.
func (c *client) ready() {
	if !c.rehearsal {
		c.prepared.Do(c.play.preparing.Done)
	}
}

// await waits for the signal, and then for the client's time.
func (c *client) await() {
	if c.rehearsal {
		return
	}
	c.asked = true
	c.ready()
	select {
	case <-c.play.signalled:
		c.sleep(c.delay - time.Since(c.play.at))
		c.late = time.Since(c.play.at) - c.delay
	case <-c.play.ctx.Done():
	}
}

// awaitEnd waits until the play ends.
func (c *client) awaitEnd() {
	c.await()
	select {
	case <-c.play.ended:
	case <-c.play.ctx.Done():
	}
}

// sleep waits, but not beyond the end of the play: the server is gone then.
func (c *client) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.play.ended:
	case <-c.play.ctx.Done():
	}
}

var (
	errFoundClosed = errors.New("found closed before anything was written")
	errStillOpen   = errors.New("the server has not let go of it")
	errClosing     = errors.New("the server closes the connection after each answer")
)

// foundClosed is the ending of a request that was not sent.
func foundClosed() ending { return ending{outcome: load.ResetBeforeWrite, err: errFoundClosed} }

// stillOpen is the ending of a connection that the server was to let go of.
func stillOpen() ending { return ending{outcome: load.Timeout, err: errStillOpen} }
