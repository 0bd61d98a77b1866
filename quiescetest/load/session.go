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

	over     chan struct{}   // closed: callers begin nothing any more
	reach    context.Context // ends with over: nothing is gained by connecting
	seal     context.CancelFunc
	mu       sync.Mutex
	finished bool // over is closed
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
	s := &Session{config: c, began: time.Now(), over: make(chan struct{})}
	s.run, s.giveUp = context.WithCancel(ctx)
	s.reach, s.seal = context.WithCancel(s.run)
	s.route.Store(&route{addr: c.Addr, changed: make(chan struct{})})
	for i := range c.Loads {
		s.loads = append(s.loads, &loading{Load: &c.Loads[i], number: i, session: s})
	}
	s.mark.Store(s.newMark())
	for _, l := range s.loads {
		l.prepare()
	}
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
	s.stop()
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
	s.stop()
	s.giveUp()
	s.callers.Wait()
	s.lines.Wait()
}

func (s *Session) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.finished {
		s.finished = true
		close(s.over)
		s.seal()
	}
}

// ended reports whether callers are to begin nothing any more.
func (s *Session) ended() bool {
	select {
	case <-s.over:
		return true
	case <-s.run.Done():
		return true
	default:
		return false
	}
}
