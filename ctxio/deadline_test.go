// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

// A clockConn has deadlines and nothing else: an operation fails if its deadline
// has passed, and succeeds otherwise.
type clockConn struct {
	net.Conn
	mu   sync.Mutex
	ends [2]time.Time // of reading and writing
}

func (c *clockConn) set(i int, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends[i] = t
	return nil
}

func (c *clockConn) do(i int, p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.ends[i]; !t.IsZero() && !time.Now().Before(t) {
		return 0, &net.OpError{Op: "do", Err: os.ErrDeadlineExceeded}
	}
	return len(p), nil
}

func (c *clockConn) SetReadDeadline(t time.Time) error  { return c.set(0, t) }
func (c *clockConn) SetWriteDeadline(t time.Time) error { return c.set(1, t) }
func (c *clockConn) Read(p []byte) (int, error)         { return c.do(0, p) }
func (c *clockConn) Write(p []byte) (int, error)        { return c.do(1, p) }
func (c *clockConn) LocalAddr() net.Addr                { return nil }
func (c *clockConn) RemoteAddr() net.Addr               { return nil }
func (c *clockConn) Close() error                       { return nil }

// A model says what a Conn over a clockConn must do, in the plainest words.
type model struct {
	t     *testing.T
	inner *clockConn
	conn  ctxio.Conn

	contexts [4]modelContext
	bound    [2]modelContext
	want     [2]time.Time
	log      []string
}

type modelContext struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	cause  error
}

func newModelContext(n int) modelContext {
	ctx, cancel := context.WithCancelCause(context.Background())
	return modelContext{ctx, cancel, fmt.Errorf("cause %d", n)}
}

func newModel(t *testing.T) *model {
	m := &model{t: t, inner: &clockConn{}}
	for i := range m.contexts {
		m.contexts[i] = newModelContext(i)
	}
	m.bound = [2]modelContext{m.contexts[0], m.contexts[0]}
	m.conn = ctxio.NewConn(m.contexts[0].ctx, m.inner)
	return m
}

// step does what two bytes say.
func (m *model) step(op, arg byte) {
	m.log = append(m.log, fmt.Sprintf("%d %d", op%8, arg))
	i, n := int(arg%4), int(arg)
	switch op % 8 {
	case 0, 1: // one direction's context, or both
		m.bind(i, n)
	case 2:
		m.contexts[i].cancel(m.contexts[i].cause)
	case 3:
		m.contexts[i].cancel(m.contexts[i].cause)
		synctest.Wait()
	case 4:
		m.contexts[i] = newModelContext(i)
	case 5:
		m.deadline(n)
	case 6:
		time.Sleep(time.Duration(n) * time.Second)
	case 7:
		m.operate(0, m.conn.Read)
		m.operate(1, m.conn.Write)
	}
}

func (m *model) bind(i, n int) {
	c := m.contexts[i]
	switch n / 4 % 3 {
	case 0:
		m.conn.SetContext(c.ctx)
		m.bound = [2]modelContext{c, c}
	case 1:
		m.conn.SetReadContext(c.ctx)
		m.bound[0] = c
	case 2:
		m.conn.SetWriteContext(c.ctx)
		m.bound[1] = c
	}
}

func (m *model) deadline(n int) {
	var t time.Time
	if n >= 16 {
		t = time.Now().Add(time.Duration(n-64) * time.Second) // the past too
	}
	switch n % 3 {
	case 0:
		m.conn.SetDeadline(t)
		m.want = [2]time.Time{t, t}
	case 1:
		m.conn.SetReadDeadline(t)
		m.want[0] = t
	case 2:
		m.conn.SetWriteDeadline(t)
		m.want[1] = t
	}
}

// operate checks an operation, which need not wait for callbacks.
func (m *model) operate(i int, f func([]byte) (int, error)) {
	m.t.Helper()
	_, err := f([]byte("x"))
	c, t := m.bound[i], m.want[i]
	switch {
	case c.ctx.Err() != nil:
		wantCause(m.t, err, c.cause)
	case !t.IsZero() && !time.Now().Before(t):
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			m.t.Errorf("after %v: error = %v, want os.ErrDeadlineExceeded", m.log, err)
		}
	case err != nil:
		m.t.Errorf("after %v: error = %v, want nil", m.log, err)
	}
}

// settle compares the inner deadlines when no callback is on its way.
func (m *model) settle() {
	synctest.Wait()
	for i, got := range m.inner.ends {
		want := m.want[i]
		if m.bound[i].ctx.Err() != nil {
			want = time.Unix(1, 0)
		}
		if !got.Equal(want) {
			m.t.Errorf("after %v: inner deadline %d = %v, want %v", m.log, i, got, want)
		}
	}
}

func runModel(t *testing.T, script []byte) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(t)
		for i := 0; i+1 < len(script) && !t.Failed(); i += 2 {
			m.step(script[i], script[i+1])
			if script[i]&0x80 != 0 { // else callbacks of several steps meet
				m.settle()
			}
		}
		m.settle()
		m.conn.Close()
	})
}

func TestDeadlinesAgainstModel(t *testing.T) {
	const scripts = 3000
	random := rand.New(rand.NewPCG(1, 2))
	for range scripts {
		script := make([]byte, 2*(1+random.IntN(40)))
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		if runModel(t, script); t.Failed() {
			t.Fatalf("script %v", script)
		}
	}
}

func FuzzDeadlines(f *testing.F) {
	f.Add([]byte{5, 200, 3, 0, 7, 0, 0, 1, 7, 0})
	f.Add([]byte{2, 0, 0, 1, 2, 1, 5, 21, 7, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 400 {
			t.Skip("longer than what can be found in it")
		}
		runModel(t, script)
	})
}

// TestRaceOfEverything lets contexts end and change while somebody reads, writes
// and sets deadlines. No time-out may come through that the caller has not asked
// for, none that it has may be blamed on a context that is fine, and in the end
// the deadlines are those of the rule.
func TestRaceOfEverything(t *testing.T) {
	for _, tr := range transports {
		if tr.name == "tls" {
			continue // does not survive an interrupted write
		}
		for _, own := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/deadlines=%v", tr.name, own), func(t *testing.T) {
				a, b := tr.pair(t)
				r := &storm{t: t, conn: ctxio.NewConn(context.Background(), a), peer: b, own: own}
				within(t, "storm", r.blow)
			})
		}
	}
}

type storm struct {
	t    *testing.T
	conn ctxio.Conn
	peer net.Conn
	own  bool // the caller has deadlines of its own
	wg   sync.WaitGroup
	stop chan struct{}
}

const rounds = 500 // enough to find each of the races that were put in on purpose

func (s *storm) blow() {
	s.stop = make(chan struct{})
	go io.Copy(s.peer, s.peer) // echoes until it is closed
	s.wg.Go(func() { s.operate(s.conn.Read) })
	s.wg.Go(func() { s.operate(s.conn.Write) })
	if s.own {
		s.wg.Go(s.setDeadlines)
	}
	var changing sync.WaitGroup
	changing.Go(func() { s.rebind(s.conn.SetReadContext) })
	changing.Go(func() { s.rebind(s.conn.SetWriteContext) })
	changing.Wait()
	close(s.stop)
	last, cancel := context.WithCancelCause(context.Background())
	cancel(errStop)
	s.conn.SetContext(last)
	s.wg.Wait()

	// What is left is a connection that works.
	s.conn.SetDeadline(time.Time{})
	s.conn.SetContext(context.Background())
	go s.conn.Write([]byte("still"))
	if _, err := s.conn.Read(make([]byte, 1)); err != nil {
		s.t.Errorf("Read afterwards = %v", err)
	}
}

func (s *storm) operate(f func([]byte) (int, error)) {
	p := make([]byte, 512)
	for {
		_, err := f(p)
		if timeout := errors.Is(err, os.ErrDeadlineExceeded); err != nil && !errors.Is(err, errStop) && !(timeout && s.own) {
			s.t.Errorf("error = %v, want one that wraps %v", err, errStop)
			return
		}
		select {
		case <-s.stop:
			return
		default:
		}
	}
}

func (s *storm) rebind(set func(context.Context)) {
	for range rounds {
		ctx, cancel := context.WithCancelCause(context.Background())
		set(ctx)
		if rand.IntN(2) == 0 {
			go cancel(errStop)
		} else {
			cancel(errStop)
		}
	}
}

func (s *storm) setDeadlines() {
	for {
		select {
		case <-s.stop:
			return
		default:
			s.conn.SetReadDeadline(time.Now().Add(time.Duration(rand.IntN(100)) * time.Microsecond))
			s.conn.SetWriteDeadline(time.Now().Add(time.Duration(rand.IntN(100)) * time.Microsecond))
		}
	}
}
