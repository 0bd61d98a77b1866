// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// How the clients behave. Pauses are drawn evenly between the two values.
const (
	thinkMin, thinkMax = 20 * time.Millisecond, 80 * time.Millisecond // between two requests
	slowMin, slowMax   = 5 * time.Millisecond, 60 * time.Millisecond  // in the middle of a slow body

	newOrders = 0.7 // the share of requests that make an order; the others read one
	slowShare = 0.4 // the share of new orders whose body comes slowly

	// redialDelay keeps clients that are refused from spinning.
	redialDelay = 20 * time.Millisecond

	// streamRetry is when a stream comes back if the server did not say.
	streamRetry = 200 * time.Millisecond
)

// Clients says how many clients of each kind there are.
type Clients struct {
	Sticky  int // that keep a connection until they are told to leave
	Fresh   int // that open a connection for every request
	Streams int // that listen to server-sent events
}

// A load is what the clients share.
type load struct {
	balancer *balancer
	ledger   *ledger
	seed     uint64
}

// run lets the clients loose and returns when ctx has ended and all are done.
// What they have begun they finish: the end of ctx cuts no request.
func (l *load) run(ctx context.Context, n Clients) {
	var wg sync.WaitGroup
	number := 0
	launch := func(count int, f func(*client, context.Context)) {
		for range count {
			c := &client{load: l, number: number, rng: rand.New(rand.NewPCG(l.seed, uint64(number)))}
			number++
			wg.Go(func() { f(c, ctx) })
		}
	}
	launch(n.Sticky, (*client).sticky)
	launch(n.Fresh, (*client).fresh)
	launch(n.Streams, (*client).stream)
	wg.Wait()
}

// A client makes one request after the other.
type client struct {
	*load
	number, made int
	rng          *rand.Rand
}

func (c *client) between(low, high time.Duration) time.Duration {
	return low + time.Duration(c.rng.Int64N(int64(high-low)))
}

// next draws a request, and what its answer should be.
func (c *client) next() (q request, status int, body string) {
	id, body, ok := c.ledger.known(c.rng)
	if ok && c.rng.Float64() > newOrders {
		return request{method: http.MethodGet, path: "/orders/" + id}, http.StatusOK, body
	}
	c.made++
	id = fmt.Sprintf("c%d-%d", c.number, c.made)
	q = request{method: http.MethodPost, path: "/orders", id: id, body: id + strings.Repeat(" teapot", 1+c.rng.IntN(20))}
	if c.rng.Float64() < slowShare {
		q.pause = c.between(slowMin, slowMax)
	}
	return q, http.StatusCreated, q.body
}

// once makes one request on w and reports whether w can be used for another.
func (c *client) once(w *wire, last bool) bool {
	q, status, body := c.next()
	q.last = last
	c.ledger.begin(q.id, q.body)
	a := w.do(q)
	right := a.status == status && has(a.body, body)
	if right && q.id != "" {
		c.ledger.ack(q.id)
	}
	a.leave = a.leave && !last
	c.ledger.end(a, right)
	return a.outcome == Answered && !a.leave && !last
}
