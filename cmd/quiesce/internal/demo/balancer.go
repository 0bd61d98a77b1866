// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"net/http"
	"sync"
	"time"
)

const (
	// probeInterval is how often the balancer asks. Real ones take seconds; the
	// readiness delay is shortened in the same measure, see [readinessDelay].
	probeInterval = 50 * time.Millisecond

	// probePatience is when a probe without an answer has failed.
	probePatience = time.Second

	// propagation is how long after a change the clients learn of it, as it is
	// with kube-proxy and every other balancer.
	propagation = 100 * time.Millisecond
)

// An instance is where a process serves.
type instance struct {
	Addr  string `json:"addr"`
	Admin string `json:"admin"`
}

// A balancer knows the one instance that new connections may go to. It learns
// from the instance's /readyz, late; connections that exist are not its concern.
type balancer struct {
	client http.Client

	mu      sync.Mutex
	probed  instance      // who is asked; guarded by mu
	listed  string        // the address handed out, "" for none; guarded by mu
	changed chan struct{} // closed when listed changes; guarded by mu
}

func newBalancer() *balancer {
	return &balancer{
		client:  http.Client{Timeout: probePatience, Transport: &http.Transport{DisableKeepAlives: true}},
		changed: make(chan struct{}),
	}
}

// watch names the instance to be probed from now on.
func (b *balancer) watch(i instance) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probed = i
}

// pick returns an address for a new connection, and waits until there is one.
// It returns "" when ctx ends.
func (b *balancer) pick(ctx context.Context) string {
	return b.await(ctx, func(listed string) bool { return listed != "" })
}

// await waits until what is listed suits, and returns it; "" when ctx ends.
func (b *balancer) await(ctx context.Context, suits func(listed string) bool) string {
	for ctx.Err() == nil {
		b.mu.Lock()
		listed, changed := b.listed, b.changed
		b.mu.Unlock()
		if suits(listed) {
			return listed
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return ""
}

// run probes until ctx ends.
func (b *balancer) run(ctx context.Context) {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	seen, since := "", time.Now()
	for {
		if addr := b.probe(ctx); addr != seen {
			seen, since = addr, time.Now()
		}
		if time.Since(since) >= propagation {
			b.list(seen)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// probe returns the address of the instance if it says that it is ready.
func (b *balancer) probe(ctx context.Context) string {
	b.mu.Lock()
	i := b.probed
	b.mu.Unlock()
	if i.Admin == "" {
		return ""
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+i.Admin+"/readyz", nil)
	if err != nil {
		return ""
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return ""
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return ""
	}
	return i.Addr
}

func (b *balancer) list(addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listed != addr {
		b.listed = addr
		close(b.changed)
		b.changed = make(chan struct{})
	}
}
