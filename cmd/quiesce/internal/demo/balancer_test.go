// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestBalancerFollowsReadiness(t *testing.T) {
	var ready atomic.Bool
	probes := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || !ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer probes.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b := newBalancer()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.run(ctx)
	}()

	admin := strings.TrimPrefix(probes.URL, "http://")
	for round, addr := range []string{"first:1", "second:2"} {
		b.watch(instance{Addr: addr, Admin: admin})
		ready.Store(true)
		if got := b.pick(ctx); got != addr {
			t.Errorf("round %d: picked %q, want %q", round, got, addr)
		}
		ready.Store(false)
		if got := b.await(ctx, func(listed string) bool { return listed == "" }); got != "" || ctx.Err() != nil {
			t.Errorf("round %d: an instance that is not ready is still listed as %q", round, got)
		}
	}
	cancel()
	<-ended
	if got := b.pick(ctx); got != "" {
		t.Errorf("picked %q after the end, want nothing", got)
	}
}
