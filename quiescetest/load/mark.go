// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"sync/atomic"
)

// A mark is passed when every caller was answered by a request that began after it
// was set.
type mark struct {
	unserved []atomic.Int64 // callers, of each load
	left     atomic.Int64   // of all
	passed   chan struct{}
}

func (s *Session) newMark() *mark {
	m := &mark{unserved: make([]atomic.Int64, len(s.loads)), passed: make(chan struct{})}
	for i, l := range s.loads {
		m.unserved[i].Store(int64(l.Callers))
		m.left.Add(int64(l.Callers))
	}
	return m
}

func (m *mark) arrive(load int) {
	m.unserved[load].Add(-1)
	if m.left.Add(-1) == 0 {
		close(m.passed)
	}
}

// Anew lets [Session.Served] begin anew: each caller has to be answered by a request
// that begins from now on. Calls of Served that wait already wait for the mark that
// was there.
func (s *Session) Anew() { s.mark.Store(s.newMark()) }

var errEnded = errors.New("load: the session has ended")

// Served waits until every caller was answered, since the start or since
// [Session.Anew]. Of requests that last, the begin of the answer counts. It returns
// an error if ctx or the session ends first.
func (s *Session) Served(ctx context.Context) error {
	m := s.mark.Load()
	var err error
	select {
	case <-m.passed:
	case <-s.over:
		err = context.Cause(s.open)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if m.left.Load() == 0 {
		return nil
	}
	return err
}
