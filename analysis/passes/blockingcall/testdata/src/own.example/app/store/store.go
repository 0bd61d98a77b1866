// SPDX-License-Identifier: Apache-2.0

// Package store has its data elsewhere.
package store

import (
	"context"
	"net/http"
	"time"
)

type Backend interface {
	Load(ctx context.Context, name string) ([]byte, error)
	Save(ctx context.Context, name string, data []byte) error
	Remove(ctx context.Context, name string) error
}

// A Remover is what some need of a backend.
type Remover interface {
	Remove(ctx context.Context, name string) error
}

// A Waiter is no part of one.
type Waiter interface {
	Wait(ctx context.Context) error
}

type Lock struct{ backend Backend }

func (l *Lock) Refresh(ctx context.Context) error { return l.save(ctx) }

func (l *Lock) save(ctx context.Context) error { return l.backend.Save(ctx, "lock", nil) }

func (l *Lock) InTime(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return l.backend.Save(ctx, "lock", nil)
}

func (l *Lock) Unlock() error {
	return l.backend.Remove(context.TODO(), "lock") // want `l.backend.Remove may block for long, and the stop waits for it`
}

func (l *Lock) Renew(ctx context.Context) error {
	if err := l.backend.Save(ctx, "lock", nil); err != nil {
		l.backend.Save(context.Background(), "failed", nil) // it means to go on
		return err
	}
	return l.backend.Remove(context.TODO(), "old") // want `l.backend.Remove may block for long, and does not end with ctx`
}

func (l *Lock) Break() error { return l.backend.Remove(context.TODO(), "lock") }

func Ask(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	_, err = http.DefaultClient.Do(req)
	return err
}
