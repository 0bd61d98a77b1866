// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"net/http"
	"os"
	"time"
)

type command struct{ Context context.Context }

// Each case is a reason to stop, and one of them is the end of the context.
func anyReason(c *command, srv *http.Server, sig chan os.Signal, finished chan struct{}) error {
	defer func() {
		ctx, done := context.WithTimeout(c.Context, time.Second)
		defer done()
		_ = srv.Shutdown(ctx) // want `srv.Shutdown has a context that has ended already \(c.Context\)`
	}()
	select {
	case <-sig:
	case <-finished:
	case <-c.Context.Done():
	}
	return nil
}

// Here the context has not ended for the usual reason.
func finishes(ctx context.Context, srv *http.Server, finished chan struct{}) {
	select {
	case <-finished:
	case <-ctx.Done():
	}
	_ = srv.Shutdown(ctx)
}

// The loop goes on after a signal.
func turns(ctx context.Context, srv *http.Server, sig chan os.Signal) {
	for {
		select {
		case <-sig:
		case <-ctx.Done():
			return
		}
		_ = srv.Shutdown(ctx)
	}
}

// A fresh one.
func freshReason(ctx context.Context, srv *http.Server, sig chan os.Signal) {
	select {
	case <-sig:
	case <-ctx.Done():
	}
	_ = srv.Shutdown(context.Background())
}

// It only waits, and need not any more.
func pauses(ctx context.Context, delayShutdown func(context.Context) error, sig chan os.Signal) {
	select {
	case <-sig:
	case <-ctx.Done():
	}
	_ = delayShutdown(ctx)
}
