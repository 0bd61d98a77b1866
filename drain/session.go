// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"time"
)

// A session is one connection of a [Conns].
type session struct {
	of    *Conns
	conn  net.Conn // as Serve has it
	ctx   context.Context
	since time.Duration // on the clock of now

	long  *Long          // its turn; nil before advise; guarded by the mu of course
	told  sync.WaitGroup // the goroutine that waits for the turn
	ended chan struct{}  // closed when Serve has returned

	mu        sync.Mutex
	paused    bool          // Serve has called Next
	idle      bool          // and is in there
	due       bool          // the turn has come, and Advise has not
	advising  chan struct{} // closed when Advise has returned; nil before it is called
	over      *time.Timer   // when the session ends for want of a request; nil before advise
	isOver    bool
	shortened bool // the read deadline is in the past, to end the wait for a request
}

type sessionKey struct{}

// admit starts a session, unless the server was closed. It never is shut when a
// connection comes: that is done when none can come any more.
func (s *Conns) admit(ctx context.Context, c net.Conn) {
	if cfg := s.proto.TLSConfig; cfg != nil {
		c = tls.Server(c, cfg)
	}
	ss := &session{of: s, conn: c, since: now(), ended: make(chan struct{})}
	ss.ctx = context.WithValue(ctx, sessionKey{}, ss)
	if !s.enlist(ss) {
		c.Close()
		return
	}
	go ss.serve()
}

func (s *Conns) enlist(ss *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if closed(s.cut) || !s.work.Enter() {
		return false
	}
	s.sessions[ss] = struct{}{}
	if s.advising {
		ss.joinLocked()
	}
	return true
}

func (ss *session) serve() {
	defer ss.end() // after a Goexit too
	ss.run()
	ss.linger()
}

func (ss *session) run() {
	defer close(ss.ended)
	ss.of.proto.Serve(ss.ctx, ss.conn)
}

// linger lets the peer read what it was sent, and close first. It does nothing
// if Serve has closed the connection.
func (ss *session) linger() {
	wait := ss.of.proto.Linger
	if wait < 0 || closeWrite(ss.conn) != nil {
		return
	}
	_ = ss.conn.SetReadDeadline(time.Now().Add(wait))
	if ss.ctx.Err() == nil { // else the deadline before was the one to keep
		_, _ = io.Copy(io.Discard, ss.conn)
	}
}

func (ss *session) end() {
	_ = ss.conn.Close() // before the rest: Advise may be writing
	s := ss.of
	s.mu.Lock()
	delete(s.sessions, ss)
	long := ss.long
	s.mu.Unlock()
	ss.told.Wait()
	long.End()
	ss.mu.Lock()
	if ss.over != nil {
		ss.over.Stop()
	}
	ss.mu.Unlock()
	s.work.Leave()
}

// peer is the name of a session in errors.
func (ss *session) peer() string {
	if name := ss.conn.RemoteAddr().String(); name != "" && name != "@" {
		return name
	}
	return localPeer(ss.conn)
}

func (ss *session) isIdle() bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.idle
}

// joinLocked makes the session wait for its turn. The mu of course is held.
func (ss *session) joinLocked() {
	ss.long = ss.of.turns.join()
	ss.told.Go(func() {
		select {
		case <-ss.long.Turn():
			ss.turn()
		case <-ss.ended:
		}
	})
}

// join registers a Long without a name.
func (p *longs) join() *Long {
	l := &Long{turn: make(chan struct{}), of: p}
	p.add(l)
	return l
}

// turn calls Advise, or leaves that to the next Next.
func (ss *session) turn() {
	if closed(ss.ended) || closed(ss.of.cut) {
		return
	}
	ss.mu.Lock()
	now := ss.idle || !ss.paused
	if ss.due = !now; now {
		ss.advising = make(chan struct{})
	}
	ss.mu.Unlock()
	if now {
		ss.advise()
	}
}

// advise tells the peer. A peer that was told may take a while to act on it; one
// that was not is as well off now as later.
func (ss *session) advise() {
	var grace time.Duration
	defer func() {
		ss.mu.Lock()
		defer ss.mu.Unlock()
		close(ss.advising)
		ss.over = time.AfterFunc(grace, ss.expire)
	}()
	if tell := ss.of.proto.Advise; tell != nil {
		grace = ss.of.grace
		tell(ss.ctx, ss.conn)
	}
}

// expire ends the session as soon as it waits for a request.
func (ss *session) expire() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.isOver = true
	if ss.idle {
		ss.shortenLocked()
	}
}

func (ss *session) shortenLocked() {
	ss.shortened = true
	_ = ss.conn.SetReadDeadline(past)
}

// Next waits for the next request on a connection of [Conns]: it reports true when
// r, which reads from the connection that Serve got, has the first bytes of one. It
// is for protocols in which clients ask and servers answer:
//
//	r := bufio.NewReader(c)
//	for drain.Next(ctx, r) {
//		line, err := r.ReadString('\n')
//		…
//	}
//
// It reports false when Serve should return: the peer has closed the connection,
// a read failed or ran into a deadline that Serve has set, ctx has ended, or the
// connection has had its turn in a drain and nothing has arrived. If there is an
// Advise, the peer has a second after it, or a quarter of the drain's time if that
// is less, in which its requests are still waited for. A request that is on its way
// in the moment that Next gives up is never begun.
//
// ctx must be Serve's or derived from it; with any other Next only waits for the
// first byte. A read deadline that Serve has set may be gone when Next returns true
// during a drain.
func Next(ctx context.Context, r *bufio.Reader) bool {
	ss, _ := ctx.Value(sessionKey{}).(*session)
	if ss == nil {
		_, err := r.Peek(1)
		return err == nil
	}
	if r.Buffered() > 0 {
		return ctx.Err() == nil
	}
	ss.pause()
	_, err := r.Peek(1)
	// A request may have come as the wait for it was ended.
	if ss.resume() && err != nil && hasInput(ss.conn) {
		_, err = r.Peek(1)
	}
	return err == nil && ctx.Err() == nil
}

// pause begins the wait for a request. While advice is being given Serve waits,
// so that only one of them writes.
func (ss *session) pause() {
	ss.mu.Lock()
	ss.paused, ss.idle = true, true
	due := ss.due
	if due {
		ss.due, ss.advising = false, make(chan struct{})
	}
	ss.mu.Unlock()
	if due {
		ss.advise()
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.isOver {
		ss.shortenLocked()
	}
}

// resume ends the wait, and reports whether it was cut short.
func (ss *session) resume() (shortened bool) {
	ss.mu.Lock()
	ss.idle = false
	advising := ss.advising
	if shortened = ss.shortened; shortened {
		ss.shortened = false
		_ = ss.conn.SetReadDeadline(time.Time{})
		if ss.ctx.Err() != nil { // wake has come, or comes after this
			_ = ss.conn.SetReadDeadline(past)
		}
	}
	ss.mu.Unlock()
	if advising != nil {
		<-advising
	}
	return shortened
}

func oldestFirst(a, b Held) int { return cmp.Compare(b.Age, a.Age) }
