// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type (
	job        = *Delivery[string]
	jobHandler = func(context.Context, job) error
)

// consumerRig is a consumer of a queue that serves.
type consumerRig struct {
	*Consumer[job]
	t      *testing.T
	runErr chan error
}

func startConsumer(t *testing.T, src Source[job], atOnce int, handle jobHandler, options ...Option) *consumerRig {
	r := &consumerRig{NewConsumer(src, atOnce, handle, options...), t, make(chan error, 1)}
	go func() { r.runErr <- r.Serve(context.WithoutCancel(t.Context())) }()
	return r
}

func (r *consumerRig) end() {
	r.t.Helper()
	if err := r.Close(r.t.Context()); err != nil {
		r.t.Errorf("Close = %v, want nil", err)
	}
	if err := <-r.runErr; err != nil {
		r.t.Errorf("Serve = %v, want nil", err)
	}
}

func queueOf(bodies ...string) *Queue[string] {
	q := new(Queue[string])
	for _, b := range bodies {
		q.Put(b)
	}
	return q
}

// A story is what happened, in order.
type story struct {
	mu    sync.Mutex
	lines []string
}

func (l *story) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

func (l *story) want(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.lines, want) {
		t.Errorf("happened: %q, want %q", l.lines, want)
	}
}

func TestConsumerFinishesWhatItFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queueOf("a", "b", "c", "d")
		r := startConsumer(t, q.Subscribe(), 2, func(ctx context.Context, m job) error {
			time.Sleep(time.Second)
			if From(ctx).Cause() != nil {
				return nil
			}
			t.Errorf("%v: the handle says nothing of the drain", m)
			return nil
		})
		synctest.Wait()
		r.Notice()
		start := time.Now()
		if err := r.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("Drain took %v, want 1s", got)
		}
		if n := r.InFlight(); n != 0 || q.Len() != 2 {
			t.Errorf("%d in flight, %d left in the queue; want 0, 2", n, q.Len())
		}
		r.end()
		if q.Len() != 2 {
			t.Errorf("%d left in the queue, want 2: acknowledged ones came back", q.Len())
		}
	})
}

// prefetched is a source that has fetched more than it has delivered.
type prefetched struct {
	log  *story
	left []string
}

type item struct {
	name string
	log  *story
	err  error
}

func (i item) String() string            { return i.name }
func (i item) Ack(context.Context) error { i.log.add("ack " + i.name); return i.err }
func (i item) Nack(ctx context.Context) error {
	i.log.add("nack " + i.name)
	return i.err
}

func (p *prefetched) Receive(ctx context.Context) (item, error) {
	if len(p.left) == 0 {
		<-ctx.Done()
		return item{}, ctx.Err()
	}
	m := item{name: p.left[0], log: p.log}
	p.left = p.left[1:]
	return m, nil
}

func (p *prefetched) Close(context.Context) error {
	p.log.add("close")
	return nil
}

// What was fetched before the notice is handled after it, until contexts end; then
// it is given back unhandled, after the handler has returned whose context ended.
func TestConsumerPrefetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l story
		c := NewConsumer(&prefetched{&l, []string{"a", "b", "c", "d"}}, 1, func(ctx context.Context, m item) error {
			defer l.add("handled " + m.name)
			if m.name != "c" {
				return nil
			}
			<-ctx.Done()
			time.Sleep(time.Millisecond)
			return context.Cause(ctx)
		})
		served := make(chan error, 1)
		c.Notice()
		go func() { served <- c.Serve(t.Context()) }()
		if err := <-served; err != nil {
			t.Errorf("Serve after Notice = %v, want nil", err)
		}
		l.want(t)

		c = NewConsumer(c.src, 1, c.handle)
		go func() { served <- c.Serve(t.Context()) }()
		synctest.Wait()
		start := time.Now()
		err := c.Drain(after(t, 8*time.Second))
		if got, want := time.Since(start), 7*time.Second+time.Millisecond; got != want {
			t.Errorf("Drain took %v, want %v", got, want)
		}
		e, ok := errors.AsType[*HeldError](err)
		if !ok || !errors.Is(err, ErrCancelled) || len(e.Holders) != 1 || e.Holders[0].Who != "c" {
			t.Errorf("Drain = %v, want one that names c and wraps %v", err, ErrCancelled)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
		l.want(t, "handled a", "ack a", "handled b", "ack b", "handled c", "nack c", "nack d", "close")
	})
}

// A handler that hangs holds its message until the source is closed: only then does
// somebody else get it.
func TestConsumerHandlerHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queueOf("a")
		release := make(chan struct{})
		r := startConsumer(t, q.Subscribe(), 1, func(context.Context, job) error {
			<-release
			return nil
		})
		synctest.Wait()
		err := r.Drain(after(t, 4*time.Second))
		if want := "drain: 1 still in flight: message 1 for 3s"; err == nil || err.Error() != want {
			t.Errorf("Drain = %v, want %s", err, want)
		}
		if !errors.Is(err, context.DeadlineExceeded) || q.Len() != 0 {
			t.Errorf("Drain = %v with %d in the queue; want the deadline, 0", err, q.Len())
		}
		r.end()
		if q.Len() != 1 {
			t.Errorf("%d in the queue after Close, want 1", q.Len())
		}
		other := startConsumer(t, q.Subscribe(), 1, func(_ context.Context, m job) error {
			if m.Attempt != 2 {
				t.Errorf("%v: attempt %d, want 2", m, m.Attempt)
			}
			return nil
		})
		synctest.Wait()
		close(release) // its Ack comes too late and must change nothing
		synctest.Wait()
		if err := other.Drain(t.Context()); err != nil {
			t.Errorf("Drain of the other = %v, want nil", err)
		}
		other.end()
	})
}

func TestConsumerRedeliversWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l story
		q := queueOf("a", "b")
		r := startConsumer(t, q.Subscribe(), 1, func(_ context.Context, m job) error {
			l.add(m.Body + " " + m.String())
			if m.Body == "a" && m.Attempt < 3 {
				return errors.New("not now")
			}
			return nil
		})
		synctest.Wait()
		if err := r.Drain(t.Context()); err != nil {
			t.Errorf("Drain = %v, want nil", err)
		}
		r.end()
		l.want(t, "a message 1", "a message 1, attempt 2", "a message 1, attempt 3", "b message 2")
	})
}

// failing is a source that fails after its messages.
type failing struct {
	prefetched
	err     error // of Receive
	settled error // of Ack
}

func (f *failing) Receive(ctx context.Context) (item, error) {
	if len(f.left) == 0 && f.err != nil {
		return item{}, f.err
	}
	m, err := f.prefetched.Receive(ctx)
	m.err = f.settled
	return m, err
}

func TestConsumerServeErrors(t *testing.T) {
	lost := errors.New("connection lost")
	for name, tt := range map[string]struct {
		src  *failing
		want string
	}{
		"receive": {&failing{err: lost}, "drain: receive: connection lost"},
		"settle":  {&failing{settled: lost}, "drain: settle: connection lost"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l story
				tt.src.prefetched = prefetched{&l, []string{"a"}}
				c := NewConsumer(tt.src, 2, func(context.Context, item) error {
					time.Sleep(time.Second)
					return nil
				})
				err := c.Serve(t.Context())
				if !errors.Is(err, lost) || err.Error() != tt.want {
					t.Errorf("Serve = %v, want %s", err, tt.want)
				}
				l.want(t, "ack a") // what was fetched was finished
				if err := c.Drain(t.Context()); err != nil {
					t.Errorf("Drain = %v, want nil", err)
				}
				if err := c.Close(t.Context()); err != nil {
					t.Errorf("Close = %v, want nil", err)
				}
			})
		})
	}
}

func TestConsumerMistakes(t *testing.T) {
	q := new(Queue[string])
	handle := func(context.Context, job) error { return nil }
	for name, tt := range map[string]struct {
		c    *Consumer[job]
		want error
	}{
		"source":  {NewConsumer[job](nil, 1, handle), errNilSource},
		"handler": {NewConsumer(q.Subscribe(), 1, jobHandler(nil)), errNilHandler},
		"option":  {NewConsumer(q.Subscribe(), 1, handle, WithRequests(nil)), errNotConsumers},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tt.c.Serve(t.Context()); err != tt.want {
				t.Errorf("Serve = %v, want %v", err, tt.want)
			}
			if err := tt.c.Drain(t.Context()); err != nil {
				t.Errorf("Drain = %v, want nil", err)
			}
			if err := tt.c.Close(t.Context()); err != nil {
				t.Errorf("Close = %v, want nil", err)
			}
		})
	}
}

// Force does not wait; a handler that its context ended still gives its message
// back, before the source is closed and without being a failure.
func TestConsumerForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queueOf("a")
		var cause error
		r := startConsumer(t, q.Subscribe(), 1, func(ctx context.Context, _ job) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return cause
		})
		synctest.Wait()
		drained := make(chan error, 1)
		go func() { drained <- r.Drain(t.Context()) }()
		synctest.Wait()
		r.Force()
		if err := <-drained; !errors.Is(err, ErrClosed) {
			t.Errorf("Drain = %v, want %v", err, ErrClosed)
		}
		synctest.Wait()
		if cause != ErrClosed || q.Len() != 1 {
			t.Errorf("cause = %v, %d in the queue; want %v, 1", cause, q.Len(), ErrClosed)
		}
		r.end()
		if r.Stage() != StageForce {
			t.Errorf("Stage = %v, want force", r.Stage())
		}
	})
}

// A handler that ends its goroutine has settled nothing.
func TestConsumerGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queueOf("a")
		r := startConsumer(t, q.Subscribe(), 1, func(context.Context, job) error { runtime.Goexit(); return nil })
		synctest.Wait()
		if err := r.Drain(t.Context()); err != nil || q.Len() != 0 {
			t.Errorf("Drain = %v with %d in the queue; want nil, 0", err, q.Len())
		}
		r.end()
		if q.Len() != 1 {
			t.Errorf("%d in the queue after Close, want 1", q.Len())
		}
	})
}

// Consumers come and go, some at once and some in peace: nothing is lost, nothing
// is given to a second while the first works on it.
func TestConsumerRaceOfEverything(t *testing.T) {
	const jobs = 300
	var (
		q       Queue[int]
		working [jobs]atomic.Int32
		handled [jobs]atomic.Int32
		left    atomic.Int32
	)
	left.Store(jobs)
	for i := range jobs {
		q.Put(i)
	}
	handle := func(ctx context.Context, m *Delivery[int]) error {
		defer working[m.Body].Add(-1)
		if working[m.Body].Add(1) > 1 {
			t.Errorf("%v is handled twice at once", m)
		}
		runtime.Gosched()
		if ctx.Err() != nil || m.Body%7 == 0 && m.Attempt == 1 {
			return errors.New("not now")
		}
		handled[m.Body].Add(1)
		left.Add(-1)
		return nil
	}
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for i := n; left.Load() > 0; i++ {
				oneConsumer(t, &q, i, handle)
			}
		})
	}
	wg.Wait()
	for i := range jobs {
		if n := handled[i].Load(); n != 1 {
			t.Errorf("message %d was handled %d times, want once", i+1, n)
		}
	}
}

// oneConsumer lives for a few messages. Its end waits for its handlers, so that the
// next one gets no message that is still worked on.
func oneConsumer(t *testing.T, q *Queue[int], i int, handle func(context.Context, *Delivery[int]) error) {
	c := NewConsumer(q.Subscribe(), 1+i%3, handle)
	served := make(chan error, 1)
	go func() { served <- c.Serve(context.Background()) }()
	for range i % 5 {
		runtime.Gosched()
	}
	if i%3 == 0 {
		c.Force()
	}
	if err := c.Drain(context.Background()); err != nil && !errors.Is(err, ErrClosed) {
		t.Errorf("Drain = %v", err)
	}
	<-c.course.work.Drained()
	if err := c.Close(context.Background()); err != nil {
		t.Errorf("Close = %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}
