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

type reaper struct {
	mu    sync.Mutex
	stop  chan bool
	kicks chan bool
	tick  chan int
	conns []int
}

func newReaper() *reaper {
	r := &reaper{stop: make(chan bool), kicks: make(chan bool, 1)}
	go r.loop()
	return r
}

func (r *reaper) loop() {
	for {
		select {
		case <-r.stop:
			return
		case <-r.kicks:
		case <-r.tick:
			r.mu.Lock()
			r.conns = nil
			r.mu.Unlock()
		}
	}
}

func (r *reaper) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop <- true // want `mu is held during this wait`
}

func (r *reaper) kick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kicks <- true
}

func (r *reaper) closeInOrder() {
	r.mu.Lock()
	r.conns = nil
	r.mu.Unlock()
	r.stop <- true
}

func (m *manager) Close() error {
	m.mu.Lock()
	m.end()
	m.mu.Unlock()
	return m.group.Wait()
}
