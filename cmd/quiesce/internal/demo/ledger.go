// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"math/rand/v2"
	"sync"
)

// maxTroubles is how many of the things that went wrong are kept in words.
const maxTroubles = 5

// Counts is what became of requests and streams.
type Counts struct {
	Answered  int // requests with the answer that they should have
	Refused   int // requests that never began
	Lost      int // requests begun and not answered
	Wrong     int // requests with another answer than they should have
	Ended     int // streams that the server ended
	Cut       int // streams cut
	Told      int // connections that the server asked to leave
	IdleEnded int // connections that the server closed between two requests
}

func (c Counts) minus(d Counts) Counts {
	return Counts{
		c.Answered - d.Answered, c.Refused - d.Refused, c.Lost - d.Lost, c.Wrong - d.Wrong,
		c.Ended - d.Ended, c.Cut - d.Cut, c.Told - d.Told, c.IdleEnded - d.IdleEnded,
	}
}

// A ledger is the clients' side of the truth: every order that was sent, and
// what was heard of it.
type ledger struct {
	mu       sync.Mutex
	changed  sync.Cond // on mu: inFlight went down, or streams changed
	inFlight int       // requests begun and neither answered nor lost
	streams  int       // open
	counts   Counts
	sent     map[string]string // order id to body
	acked    []string          // ids, in the order of their answers
	ackedSet map[string]bool
	troubles []string
}

func newLedger() *ledger {
	l := &ledger{sent: make(map[string]string), ackedSet: make(map[string]bool)}
	l.changed.L = &l.mu
	return l
}

// begin notes that a request is about to be written. For a new order that is
// its id and body.
func (l *ledger) begin(id, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight++
	if id != "" {
		l.sent[id] = body
	}
}

// end notes what became of a request.
func (l *ledger) end(a answer, right bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
	l.changed.Broadcast()
	switch {
	case a.outcome == Refused:
		l.counts.Refused++
	case a.outcome == Lost:
		l.counts.Lost++
		l.troubleLocked("lost: " + a.err.Error())
	case !right:
		l.counts.Wrong++
		l.troubleLocked("wrong answer: " + wrongText(a))
	default:
		l.counts.Answered++
	}
	if a.leave {
		l.counts.Told++
	}
}

// ack notes that the server has said that it has an order.
func (l *ledger) ack(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked = append(l.acked, id)
	l.ackedSet[id] = true
}

// known returns an order that the server has acknowledged, if there is one.
func (l *ledger) known(rng *rand.Rand) (id, body string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.acked) == 0 {
		return "", "", false
	}
	id = l.acked[rng.IntN(len(l.acked))]
	return id, l.sent[id], true
}

// refuse notes a request for which there was no connection.
func (l *ledger) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.Refused++
}

// idleEnded notes that the server closed a connection between two requests.
func (l *ledger) idleEnded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.IdleEnded++
}

func (l *ledger) streamOpened() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streams++
	l.changed.Broadcast()
}

// awaitStreams waits until n streams are open, or ctx ends.
func (l *ledger) awaitStreams(ctx context.Context, n int) {
	unhook := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changed.Broadcast()
	})
	defer unhook()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.streams < n && ctx.Err() == nil {
		l.changed.Wait()
	}
}

func (l *ledger) streamEnded(e streamEnd, wasOpen bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wasOpen {
		l.streams--
	}
	l.changed.Broadcast()
	switch e.outcome {
	case Answered:
		l.counts.Ended++
	case Refused:
		l.counts.Refused++
	case Lost:
		l.counts.Cut++
		l.troubleLocked("stream cut: " + e.err.Error())
	}
}

func (l *ledger) troubleLocked(text string) {
	if len(l.troubles) < maxTroubles {
		l.troubles = append(l.troubles, text)
	}
}

// A moment is what the ledger says at one instant.
type moment struct {
	counts            Counts
	requests, streams int // in flight, open
	acked             int
}

func (l *ledger) now() moment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return moment{l.counts, l.inFlight, l.streams, len(l.acked)}
}

// settled waits until nothing is in flight, and returns the counts. To be called
// when the server is gone: then everything in flight fails soon.
func (l *ledger) settled() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.inFlight+l.streams > 0 {
		l.changed.Wait()
	}
	return l.counts
}
