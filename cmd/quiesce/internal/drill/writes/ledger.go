// SPDX-License-Identifier: Apache-2.0

// Package writes finds out whether a server keeps what it has acknowledged. A
// [Ledger] gives every write an id of its own and notes what became of it; when the
// server has been stopped and started again, it is asked for each.
//
// The history is that of Jepsen: a write is acknowledged (it must be there), failed
// (it was certainly not begun, and must not be there), or unknown (either will do).
package writes

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// A Ledger is the history of the writes between a start of the server and the next.
// It is safe for concurrent use.
type Ledger struct {
	// ReadContains says that a write is there only if the body that is read has its
	// id; otherwise the status says so.
	ReadContains bool

	write, read load.Request
	prefix      string
	last        atomic.Uint64

	mu                            sync.Mutex
	acknowledged, failed, unknown []string // guarded by mu: ids
}

// New returns an empty ledger. "{id}" in the requests is the id of a write, which
// begins with prefix; no two ledgers that write to the same store may have the same.
func New(write, read load.Request, prefix string) *Ledger {
	l := &Ledger{write: write, read: read, prefix: prefix}
	l.write.IDs = l.next
	return l
}

func (l *Ledger) next() string { return l.prefix + "-" + strconv.FormatUint(l.last.Add(1), 10) }

// Load returns the load that writes. What becomes of its requests is noted.
func (l *Ledger) Load(callers int, think time.Duration) load.Load {
	return load.Load{Name: "write", Kind: load.KeepAlive(l.write), Callers: callers, Think: think, Done: l.note}
}

// note classes a write. An answer that is no success says nothing: the server may
// have failed after it had written.
func (l *Ledger) note(a *load.Attempt) {
	if a.ID == "" {
		return // there was no connection to write on
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case a.Outcome == load.OK:
		l.acknowledged = append(l.acknowledged, a.ID)
	case a.Sent == 0, a.Outcome.Class() == load.SafeToRetry:
		l.failed = append(l.failed, a.ID)
	default:
		l.unknown = append(l.unknown, a.ID)
	}
}
