// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"fmt"
	"sync"
)

// A Pool is a gate in front of something that is shared, and closed when nobody
// uses it any more: database connections, a cache's client, a file. Close
// functions of such things either do not wait for those who use it, as
// database/sql's does not, or wait for ever.
//
//	pool := drain.NewPool(db.Close)
//
//	use, ok := pool.Begin("import of " + file)
//	if !ok {
//		return errStopping
//	}
//	defer use.End()
//	rows, err := db.QueryContext(ctx, query)
//
// Use is what [Gate.Begin] and [Gate.Enter] admit; who leaves must have given
// back all it took. All methods are safe for concurrent use.
type Pool struct {
	Gate

	release func() error
	once    sync.Once
	closed  chan struct{} // closed when release has returned
	err     error         // release's, when closed is closed
}

// NewPool returns a pool that release closes. A nil release does nothing.
func NewPool(release func() error) *Pool {
	return &Pool{release: release, closed: make(chan struct{})}
}

// Close refuses new use, waits until nobody is in, and then closes what the pool
// is in front of. It returns the error of that.
//
// If ctx ends first it returns a *[HeldError], which names those who are in; they
// may go on, and nothing was closed. If it ends while release runs, Close returns
// without waiting for it, with an error that wraps [context.Cause] of ctx. Later
// and concurrent calls go on from there; what is closed is closed once.
func (p *Pool) Close(ctx context.Context) error {
	if err := p.Gate.Close(ctx); err != nil {
		return err
	}
	go p.free()
	select {
	case <-p.closed:
		return p.err
	case <-ctx.Done():
		return fmt.Errorf("drain: close: %w", context.Cause(ctx))
	}
}

// Force refuses new use and closes what the pool is in front of, whoever is in:
// they fail as that has it. It returns at once, and does not wait for release.
func (p *Pool) Force() {
	p.Shut()
	go p.free()
}

func (p *Pool) free() {
	p.once.Do(func() {
		defer close(p.closed)
		if p.release != nil {
			p.err = p.release()
		}
	})
}
