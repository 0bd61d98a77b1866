// SPDX-License-Identifier: Apache-2.0

// Package app gives contexts that never end to what waits with them.
package app

import (
	"context"
	"time"

	"firebase.example/messaging"
	"own.example/app/store"
)

type app struct {
	lock   *store.Lock
	client *messaging.Client
	ctx    context.Context
	done   chan struct{}
}

func newApp(lock *store.Lock) *app { return &app{lock: lock, ctx: context.Background()} }

func (a *app) refresh() {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		select {
		case <-a.done:
			a.lock.InTime(context.TODO())
			return
		case <-ticker.C:
			a.lock.Refresh(context.TODO()) // want `a.lock.Refresh may block for long, with a context that never ends, and holds the loop`
			a.lock.InTime(context.TODO())
			a.client.Renew(context.Background())
			a.client.Name(context.Background())
		}
	}
}

// Nothing ends it.
func (a *app) refreshForEver(c chan int) {
	for range c {
		a.lock.Refresh(context.TODO())
	}
}

func (a *app) ask() error {
	return store.Ask(a.ctx, "http://a") // want `store.Ask may block for long, with a context that never ends`
}

func (a *app) Stop() { a.disconnect(context.Background()) } // want `a.disconnect may block for long, and the stop waits for it`

func (a *app) disconnect(ctx context.Context) error {
	return a.client.Close(ctx)
}

func (a *app) SendContext(ctx context.Context) error { return a.client.Send(ctx, "") }

func (a *app) Send() error { return a.SendContext(context.Background()) }

func clean(r store.Remover, w store.Waiter, done chan struct{}) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			r.Remove(context.TODO(), "old") // want `r.Remove may block for long, with a context that never ends, and holds the loop`
			w.Wait(context.TODO())
		}
	}
}
