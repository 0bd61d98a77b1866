// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"net"
	"os"
	"os/signal"
	"sync"
	"time"
)

type cache struct {
	quit  chan struct{}
	done  chan struct{}
	never chan struct{}
	nilCh chan struct{}
	queue chan int
	input chan int
	tick  *time.Ticker
	n     int
}

func newCache() *cache {
	c := &cache{
		quit: make(chan struct{}), never: make(chan struct{}), done: make(chan struct{}),
		queue: make(chan int), input: make(chan int),
	}
	go c.expire() // want `the goroutine cannot be stopped: the loop at line \d+ has no end`
	go func() {   // want `the goroutine cannot be stopped: the loop at line \d+ has no end`
		for {
			<-c.tick.C
			c.n++
		}
	}()
	go c.stale()  // want `the goroutine cannot be stopped: the loop at line \d+ waits for never, which nothing closes or sends to`
	go c.unmade() // want `waits for nilCh, which nothing closes or sends to`
	return c
}

func (c *cache) expire() {
	for {
		time.Sleep(time.Minute)
		c.n = 0
	}
}

func (c *cache) stale() {
	for {
		select {
		case <-c.tick.C:
			c.n++
		case <-c.never:
			return
		}
	}
}

func (c *cache) unmade() {
	for {
		select {
		case <-c.tick.C:
		case <-c.nilCh:
			return
		}
	}
}

func (c *cache) drain() {
	go func() { // want `the loop at line \d+ ranges over queue, which nothing closes`
		for v := range c.queue {
			c.n += v
		}
	}()
	c.queue <- 1
}

func local() {
	jobs := make(chan int)
	go func() { // want `the loop at line \d+ ranges over jobs, which nothing closes`
		for range jobs {
			continue
		}
	}()
	jobs <- 1
}

func (c *cache) byParameter() {
	go c.until(nil) // want `waits for stop, which nothing closes or sends to`
}

func (c *cache) until(stop <-chan struct{}) {
	for {
		select {
		case <-c.tick.C:
		case <-stop:
			return
		}
	}
}

func accept(ln net.Listener) {
	go func() { // want `the loop at line \d+ has no end`
		for {
			conn, err := ln.Accept()
			if err != nil {
				continue
			}
			conn.Close()
		}
	}()
}

type source struct{ donec chan struct{} }

func (s *source) start() {
	s.donec = make(chan struct{})
	go func() {
		for {
			select {
			case <-s.donec:
				return
			case <-time.After(time.Second):
			}
		}
	}()
}

func (s *source) stop() {
	close(s.donec)
	s.donec = nil // want `s.donec is nil before the goroutine of line \d+ has seen its close at line \d+`
}

func (c *cache) wrapped(wg *sync.WaitGroup) {
	go func() { // want `the loop at line \d+ has no end`
		defer wg.Done()
		c.expire()
	}()
	wg.Go(func() { // want `the loop at line \d+ has no end`
		for {
			time.Sleep(time.Second)
			c.n++
		}
	})
}

func (c *cache) renews() {
	go c.renewal(context.Background(), 1) // want `the goroutine cannot be stopped: it ends with ctx, which is context.Background`
}

func (c *cache) renewal(ctx context.Context, n int) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.tick.C:
			c.n += n
		}
	}
}

func (c *cache) warms(ctx context.Context) {
	go c.warm(context.TODO(), 1) // want `it ends with ctx, which is context.Background`
	go c.warm(ctx, 1)
	go c.warmUntil(context.TODO(), 1)
}

func (c *cache) warm(ctx context.Context, n int) {
	for {
		<-c.tick.C
		if ctx.Err() != nil {
			break
		}
		c.n += n
	}
}

// It has another end as well.
func (c *cache) warmUntil(ctx context.Context, n int) {
	for {
		<-c.tick.C
		if ctx.Err() != nil {
			break
		}
		if c.n > n {
			return
		}
		c.n += n
	}
}

func WithUser(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, &name, name)
}

func (c *cache) ctx() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	return ctx
}

func (c *cache) renewsVar() {
	ctx := context.Background()
	go c.renewal(ctx, 1) // want `it ends with ctx, which is context.Background`
	go func() {          // want `it ends with ctx, which is context.Background`
		for {
			select {
			case <-ctx.Done():
				return
			case <-c.tick.C:
				c.n++
			}
		}
	}()
	user := WithUser(context.TODO(), "admin")
	go c.renewal(user, 1) // want `it ends with ctx, which is context.Background`
	other := WithUser(c.ctx(), "admin")
	go c.renewal(other, 1)
	limited := context.Background()
	limited, cancel := context.WithCancel(limited)
	defer cancel()
	go c.renewal(limited, 1)
}

func (c *cache) serveLost() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { // want `it reads from ln, which nothing closes`
		for {
			if _, err := ln.Accept(); err != nil {
				return
			}
			c.n++
		}
	}()
	return nil
}

func (c *cache) serve(ctx context.Context) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { ln.Close() })
	go func() {
		for {
			if _, err := ln.Accept(); err != nil {
				return
			}
			c.n++
		}
	}()
	return nil
}

type notifier struct {
	name   string
	notify chan bool
}

func newNotifier() *notifier {
	ch := make(chan bool)
	n := &notifier{"x", ch}
	go n.broadcast() // want `ranges over notify, which nothing closes`
	return n
}

func (n *notifier) broadcast() {
	for range n.notify {
		n.name += "x"
	}
}

func (c *cache) onSignal() {
	sigs := make(chan os.Signal, 1)
	signal.Notify(sigs, os.Interrupt)
	go func() { // want `has no end`
		for {
			<-sigs
			c.n = 0
		}
	}()
}

func (c *cache) report(tick *time.Ticker) chan struct{} {
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				c.n++
			}
		}
	}()
	return done
}

func (c *cache) reports(tick *time.Ticker) {
	go c.report(tick) // want `go discards the channel that report returns`
}

type pipe struct {
	in, out chan int
	stop    chan struct{}
}

func newPipe() *pipe {
	p := &pipe{in: make(chan int), out: make(chan int), stop: make(chan struct{})}
	go p.run() // want `it looks for the stop only when it is busy: at line \d+ it waits for in alone, which nothing closes`
	return p
}

func (p *pipe) put(v int) { p.in <- v }

func (p *pipe) run() {
	for {
		v := <-p.in
		select {
		case p.out <- v:
		case <-p.stop:
			return
		}
	}
}

func (p *pipe) Close() { close(p.stop) }

// What follows is innocent.

type woken struct {
	in   chan int
	stop chan struct{}
}

func newWoken() *woken {
	p := &woken{in: make(chan int), stop: make(chan struct{})}
	go func() {
		for {
			v := <-p.in
			select {
			case <-p.stop:
				return
			default:
				_ = v
			}
		}
	}()
	return p
}

func (p *woken) put(v int) { p.in <- v }

func (p *woken) Close() {
	close(p.stop)
	p.in <- 0
}

func (c *cache) bounded(wg *sync.WaitGroup) {
	go func() {
		defer wg.Done()
		c.step()
	}()
}

func (c *cache) good(ctx context.Context, ln net.Listener) {
	go func() {
		for {
			select {
			case <-c.quit:
				return
			case <-ctx.Done():
				return
			case <-c.done:
			}
		}
	}()
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	go func() {
		for v := range c.input {
			c.n += v
		}
	}()
	go func() {
		for {
			v, ok := <-c.input
			if !ok {
				break
			}
			c.n += v
		}
	}()
	go func() {
		for ctx.Err() == nil {
			time.Sleep(time.Second)
		}
	}()
	go func() {
	loop:
		for {
			select {
			case <-c.quit:
				break loop
			case <-c.tick.C:
			}
		}
		c.n++
	}()
	go func() {
		for {
			if _, err := ln.Accept(); err != nil {
				panic(err)
			}
		}
	}()
	go func() {
		for {
			c.step()
		}
	}()
}

func (c *cache) step() {
	if c.n > 3 {
		die()
	}
}

func die() { os.Exit(1) }

func (c *cache) Close() {
	shut(c.quit)
	close(c.input)
}

func shut(ch chan struct{}) { close(ch) }

var once sync.Once

func startOnce() {
	once.Do(func() {
		go func() {
			for {
				time.Sleep(time.Second)
			}
		}()
	})
}

var running bool

func startFirst() {
	if running {
		return
	}
	running = true
	go func() {
		for {
			time.Sleep(time.Second)
		}
	}()
}

func init() {
	go func() {
		for {
			time.Sleep(time.Second)
		}
	}()
}

func onSignal(f func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		for {
			<-c
			f()
		}
	}()
}

// Exported is closed by those who use it.
type Exported struct{ Stop chan struct{} }

func (e *Exported) start(tick *time.Ticker) {
	go func() {
		for {
			select {
			case <-e.Stop:
				return
			case <-tick.C:
			}
		}
	}()
}

type given struct{ stop <-chan struct{} }

func newGiven(stop <-chan struct{}, tick *time.Ticker) *given {
	g := &given{stop}
	go func() {
		for {
			select {
			case <-g.stop:
				return
			case <-tick.C:
			}
		}
	}()
	return g
}

var stats = newStats()

type statistics struct{ n int }

func newStats() *statistics {
	s := &statistics{}
	go func() {
		for {
			time.Sleep(time.Minute)
			s.n = 0
		}
	}()
	return s
}

var throttlers = map[string]*throttler{}

type throttler struct{ ch chan int }

func newThrottler() *throttler {
	t := &throttler{ch: make(chan int, 1)}
	go func() {
		for {
			<-t.ch
			time.Sleep(time.Second)
		}
	}()
	return t
}

func throttle(name string) *throttler {
	t := newThrottler()
	throttlers[name] = t
	return t
}

var bucket tokens

type tokens struct{ n int }

func (t *tokens) start() {
	go func() {
		for {
			time.Sleep(time.Second)
			t.n++
		}
	}()
}

func cleaner() {
	for {
		time.Sleep(time.Minute)
		clear(throttlers)
	}
}

func startCleaner(verbose bool) { go cleaner() }

func (c *cache) byResult(ctx context.Context) { go c.untilDone(ctx.Done()) }

func (c *cache) untilDone(stop <-chan struct{}) {
	for {
		select {
		case <-c.tick.C:
		case <-stop:
			return
		}
	}
}

func answer(err error) chan error {
	ch := make(chan error, 1)
	go func() {
		for {
			ch <- err
		}
	}()
	return ch
}

func Given(stop chan struct{}) { newGiven(stop, nil) }

type shown struct{ done chan struct{} }

func (s *shown) Done() chan struct{} { return s.done }

func (s *shown) start(tick *time.Ticker) {
	go func() {
		for {
			select {
			case <-s.done:
				return
			case <-tick.C:
			}
		}
	}()
}

func ticks(t *time.Ticker) {
	go func() {
		for range t.C { // the check tickerloop reports it
			continue
		}
	}()
}

// unmade waits for a channel that nobody has made.
type unmade struct {
	in   chan int
	quit chan struct{}
}

func (u *unmade) start() {
	u.in = make(chan int)
	go func() { // want `the goroutine cannot be stopped: the loop at line \d+ waits for quit, which nothing makes`
		for {
			select {
			case <-u.quit:
				return
			case <-u.in:
			}
		}
	}()
}

func (u *unmade) put(i int) { u.in <- i }

func (u *unmade) stop() { close(u.quit) }

// dials goes on when its context has ended.
func dials(ctx context.Context, dial func() error) {
	go func() { // want `the goroutine cannot be stopped while it fails: the loop at line \d+ tries until it has success`
		for {
			if err := dial(); err != nil {
				time.Sleep(time.Second)
				continue
			}
			return
		}
	}()
	<-ctx.Done()
}

// module is set up by a function that has no context.
type module struct{}

func setUp() {
	ctx := context.Background()
	(&module{}).run(ctx)
	(&module{}).derives(ctx)
}

func (p *module) run(ctx context.Context) {
	go func() { // want `the goroutine cannot be stopped: it ends with ctx, which is context.Background`
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
				println(p)
			}
		}
	}()
}

func (p *module) derives(ctx context.Context) context.CancelFunc {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
				println(p)
			}
		}
	}()
	return cancel
}
