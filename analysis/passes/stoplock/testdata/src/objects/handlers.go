// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"context"
	"net/http"
	"sync"
)

type api struct {
	mu    sync.Mutex
	other sync.Mutex
	srv   *http.Server
	n     int
}

func (a *api) hit(w http.ResponseWriter, r *http.Request) { a.count() }

func (a *api) count() {
	a.mu.Lock()
	a.n++
	a.mu.Unlock()
}

func (a *api) Stop(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.srv.Shutdown(ctx) // want `mu is held during this wait`
}

func (a *api) StopOther(ctx context.Context) error {
	a.other.Lock()
	defer a.other.Unlock()
	return a.srv.Shutdown(ctx)
}

func (a *api) StopOutside(ctx context.Context) error {
	a.mu.Lock()
	srv := a.srv
	a.mu.Unlock()
	return srv.Shutdown(ctx)
}
