// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Session is a load that runs. Its methods are safe for concurrent use.
type Session struct {
	config Config
	began  time.Time
	loads  []*loading
	run    context.Context // ends when the callers are to give up
	giveUp context.CancelFunc

	callers sync.WaitGroup
	lines   sync.WaitGroup // goroutines of connections
	route   atomic.Pointer[route]
	mark    atomic.Pointer[mark]

	open context.Context // ends when callers begin nothing any more, nor connect
	over <-chan struct{} // its Done
	shut context.CancelCauseFunc

	mu       sync.Mutex
	failures []Failure
}

// A loading is a Load that runs.
type loading struct {
	*Load
	number  int // in the session
	session *Session
	wires   []*Wire
	callers []*caller
}

func newSession(ctx context.Context, c Config) *Session {
	s := &Session{config: c, began: time.Now()}
	s.run, s.giveUp = context.WithCancel(ctx)
	s.open, s.shut = context.WithCancelCause(s.run)
	s.over = s.open.Done()
	s.route.Store(&route{addr: c.Addr, changed: make(chan struct{})})
	for i := range c.Loads {
		s.loads = append(s.loads, &loading{Load: &c.Loads[i], number: i, session: s})
	}
	s.mark.Store(s.newMark())
	for _, l := range s.loads {
		l.prepare()
	}
	context.AfterFunc(s.open, s.wake)
	return s
}

// prepare makes clients and callers.
func (l *loading) prepare() {
	share := max(l.Share, 1)
	for first := 0; first < l.Callers; first += share {
		n := min(share, l.Callers-first)
		w := &Wire{session: l.session}
		w.users.Store(int64(n))
		client := l.Kind.Client(w)
		l.wires = append(l.wires, w)
		for i := range n {
			l.callers = append(l.callers, newCaller(l, w, client, first+i))
		}
	}
}

// Began returns when the session was started: the zero of all its times.
func (s *Session) Began() time.Time { return s.began }

// now returns the time since then.
func (s *Session) now() time.Duration { return time.Since(s.began) }

// Finish ends the session when what is in flight has come to its end; callers begin
// nothing any more, and one that is still connecting gives up. Requests that last are
// waited for, too. At the end of ctx those that are left are given up: they are
// [Abandoned]. When Finish returns, no caller runs and no connection is left.
func (s *Session) Finish(ctx context.Context) {
	s.shut(errEnded)
	ended := make(chan struct{})
	go func() {
		s.callers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	s.Close()
}

// Close ends the session now: what is in flight is [Abandoned]. When it returns, no
// caller runs and no connection is left. Later calls do nothing.
func (s *Session) Close() {
	s.shut(errEnded)
	s.giveUp()
	s.callers.Wait()
	s.lines.Wait()
}

// wake ends the sleep of callers.
func (s *Session) wake() {
	for _, l := range s.loads {
		for _, c := range l.callers {
			if c.clock != nil {
				c.clock.wake()
			}
		}
	}
}

// ended reports whether callers are to begin nothing any more.
func (s *Session) ended() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}
