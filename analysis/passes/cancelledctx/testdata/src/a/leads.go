// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"os/signal"
	"time"
)

type closer interface {
	Close(ctx context.Context) error
}

type reporter struct {
	ctx    context.Context
	cancel context.CancelFunc
	db     *sql.DB
	lines  chan string
}

func (r *reporter) start() { r.ctx, r.cancel = context.WithCancel(context.Background()) }

func (r *reporter) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			r.write(ctx, "left")      // want `r.write has a context that has ended already \(ctx\)`
			r.writeNow("left")        // with one of its own
			r.writeIfRunning(ctx, "") // it looks
			r.count(ctx)
			return
		case line := <-r.lines:
			r.write(ctx, line)
		}
	}
}

func (r *reporter) write(ctx context.Context, line string) error { return r.insert(ctx, line) }

func (r *reporter) insert(ctx context.Context, line string) error {
	_, err := r.db.ExecContext(ctx, "INSERT …", line)
	return err
}

func (r *reporter) writeIfRunning(ctx context.Context, line string) error {
	if ctx.Err() != nil {
		return r.insert(context.WithoutCancel(ctx), line)
	}
	return r.insert(ctx, line)
}

func (r *reporter) writeNow(line string) error { return r.insert(context.Background(), line) }

func (r *reporter) count(ctx context.Context) int { return len(r.lines) }

func (r *reporter) end() error {
	r.cancel()
	r.tell() // want `r.tell has a context that has ended already \(r.ctx\)`
	return r.writeNow("end")
}

func (r *reporter) tell() error {
	req, err := http.NewRequestWithContext(r.ctx, "POST", "http://a.example", nil)
	if err != nil {
		return err
	}
	_, err = http.DefaultClient.Do(req)
	return err
}

// What a signal ends has ended when this runs.
func untilSignal(srv *http.Server, db closer, serve func(context.Context) error, flush func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	defer flush(ctx)        // want `flush has a context that has ended already \(ctx\)`
	defer srv.Shutdown(ctx) // want `srv.Shutdown has a context that has ended already \(ctx\)`
	defer srv.RegisterOnShutdown(func() {})
	defer flush(context.WithoutCancel(ctx))
	defer db.Close(ctx) // the server sees it anyway
	return serve(ctx)
}

// It is given to what runs, and a fresh one to what stops.
func untilSignalAndFresh(srv *http.Server, serve func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	defer func() {
		bound, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		srv.Shutdown(bound)
	}()
	return serve(ctx)
}
