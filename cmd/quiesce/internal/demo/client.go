// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// sticky keeps a connection for as long as the server lets it.
func (c *client) sticky(ctx context.Context) {
	for addr := c.balancer.pick(ctx); addr != ""; addr = c.balancer.pick(ctx) {
		w, err := dial(addr)
		if err != nil {
			c.ledger.refuse()
			pause(ctx, redialDelay)
			continue
		}
		c.use(ctx, w)
		w.close()
	}
}

func (c *client) use(ctx context.Context, w *wire) {
	for ctx.Err() == nil && c.once(w, false) {
		if !w.idle(c.between(thinkMin, thinkMax)) {
			c.ledger.idleEnded()
			return
		}
	}
}

// fresh opens a connection for every request.
func (c *client) fresh(ctx context.Context) {
	for addr := c.balancer.pick(ctx); addr != ""; addr = c.balancer.pick(ctx) {
		w, err := dial(addr)
		if err != nil {
			c.ledger.refuse()
		} else {
			c.once(w, true)
			w.close()
		}
		pause(ctx, c.between(thinkMin, thinkMax))
	}
}

// stream listens to events, and comes back when the server says.
func (c *client) stream(ctx context.Context) {
	for addr := c.balancer.pick(ctx); addr != ""; addr = c.balancer.pick(ctx) {
		w, err := dial(addr)
		if err != nil {
			c.ledger.refuse()
			pause(ctx, streamRetry)
			continue
		}
		opened := false
		end := w.follow("/events", func() { opened = true; c.ledger.streamOpened() })
		w.close()
		c.ledger.streamEnded(end, opened)
		pause(ctx, max(end.retry, streamRetry))
	}
}

// pause waits for d or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// has reports whether an answer is the order with this body.
func has(answer, body string) bool {
	var o struct{ Body string }
	return json.Unmarshal([]byte(answer), &o) == nil && o.Body == body
}

// wrongText says in one line what is wrong with an answer.
func wrongText(a answer) string {
	const most = 100
	body := a.body
	if len(body) > most {
		body = body[:most] + "…"
	}
	return fmt.Sprintf("%d %q", a.status, body)
}
