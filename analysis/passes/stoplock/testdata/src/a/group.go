// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

type manager struct {
	mu    sync.Mutex
	group *errgroup.Group
	end   context.CancelFunc
	turns int
}

func (m *manager) start(ctx context.Context) {
	ctx, m.end = context.WithCancel(ctx)
	m.group, ctx = errgroup.WithContext(ctx)
	m.group.Go(func() error {
		for ctx.Err() == nil {
			m.mu.Lock()
			m.turns++
			m.mu.Unlock()
		}
		return nil
	})
}

func (m *manager) Stop() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.end()
	return m.group.Wait() // want `mu is held during this wait`
}

func (m *manager) Close() error {
	m.mu.Lock()
	m.end()
	m.mu.Unlock()
	return m.group.Wait()
}
