// SPDX-License-Identifier: Apache-2.0

// Package plugins asks others by an interface, with contexts that never end.
package plugins

import (
	"context"
	"net/http"
)

type plugin interface {
	Name() string
	Handle(ctx context.Context, op string) error
}

type remote struct{ client *http.Client }

func newRemote() plugin { return &remote{client: &http.Client{}} }

func (r *remote) Name() string { return "" }

func (r *remote) Handle(ctx context.Context, op string) error { return r.do(ctx, op) }

func (r *remote) do(ctx context.Context, op string) error {
	req, err := http.NewRequest("POST", op, nil)
	if err != nil {
		return err
	}
	resp, err := r.client.Do(req.WithContext(ctx)) // want `r.client.Do has no time limit, and its callers give it contexts that never end`
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

type key struct{}

func newContext(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, key{}, id)
}

func login(p plugin) error {
	ctx := newContext(context.Background(), "a")
	return p.Handle(ctx, "login")
}

func ping(p plugin) error { return p.Handle(context.Background(), "ping") }

func pingFor(ctx context.Context, p plugin) error { return p.Handle(newContext(ctx, "a"), "ping") }

// Of these some ask nobody.
type mixed interface {
	Ask(ctx context.Context) error
}

type asker struct{ *remote }

func (a asker) Ask(ctx context.Context) error { return a.do(ctx, "") }

type local struct{}

func (local) Ask(ctx context.Context) error { return ctx.Err() }

func ask(m mixed) error { return m.Ask(context.Background()) }

// This one has to end with what it is given.
type wrapper struct{ inner mixed }

func (w wrapper) Ask(ctx context.Context) error {
	go w.inner.Ask(context.Background())
	return w.inner.Ask(context.Background()) // want `w.inner.Ask may block for long, and does not end with ctx: pass that on`
}

func (w wrapper) AskLater(ctx context.Context) error {
	return w.inner.Ask(context.Background())
}
