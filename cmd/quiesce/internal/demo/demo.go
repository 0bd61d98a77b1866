// SPDX-License-Identifier: Apache-2.0

// Package demo stops a real service under load, over and over, and counts what
// is lost. One request is one attempt on the wire: no client of it repeats
// anything, so nothing is hidden.
package demo

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce"
)

const (
	// loadMin and loadMax are how long the load runs before SIGTERM comes: long
	// enough for every client to be at work, short enough for many rounds.
	loadMin, loadMax = 400 * time.Millisecond, 1400 * time.Millisecond

	// luck is how many times the rounds are repeated, at most, if the naive main
	// has lost nothing yet.
	luck = 4
)

// A Config says what the demo does.
type Config struct {
	Rounds  int    // how many times the service is stopped; at least 1
	Seed    uint64 // of everything that is drawn
	Naive   bool   // the twin of the shop with the usual main
	Source  string // a folder in a checkout of the repository; "" is the working directory
	Clients Clients
	Out     io.Writer // for the results, line by line
}

// A Verdict is what the demo has found.
type Verdict struct {
	Counts   Counts
	Findings Findings
	Stops    []string // stops that were not as they should be
	Rounds   int      // that were run
}

// Problems returns what was lost or wrong, in words; none if all is well.
func (v *Verdict) Problems() []string {
	var out []string
	add := func(n int, noun, what string) {
		if n > 0 {
			out = append(out, plural(n, noun)+" "+what)
		}
	}
	add(v.Counts.Lost, "request", "begun and not answered")
	add(v.Counts.Wrong, "request", "with a wrong answer")
	add(v.Counts.Cut, "stream", "cut in the middle")
	if v.Counts.Answered == 0 {
		out = append(out, "no request was answered at all")
	}
	out = append(out, v.Findings.problems()...)
	return append(out, v.Stops...)
}

// Run runs the demo, prints its results and returns its verdict. An error means
// that there is none, because ctx has ended or something could not be done. When
// Run returns, the processes that it started are gone.
func Run(ctx context.Context, cfg Config) (*Verdict, error) {
	dir, err := os.MkdirTemp("", "quiesce-demo-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	pkg := shopPackage
	if cfg.Naive {
		pkg = naivePackage
	}
	began := time.Now()
	program, err := build(ctx, cfg.Source, pkg, dir)
	if err != nil {
		return nil, err
	}
	r := &run{
		Config: cfg, program: program, dir: dir, ledger: newLedger(), balancer: newBalancer(),
		rng: rand.New(rand.NewPCG(cfg.Seed, 0)),
	}
	r.printHead(time.Since(began))
	if r.broker, err = newBroker(); err != nil {
		return nil, err
	}
	defer r.broker.close()
	if err := r.underLoad(ctx); err != nil {
		return nil, err
	}
	return r.judge(ctx)
}

// A run is one run of the demo.
type run struct {
	Config
	program, dir string
	ledger       *ledger
	balancer     *balancer
	broker       *broker
	rng          *rand.Rand
	verdict      Verdict
	report       *quiesce.Report // of the last stop
}

func (r *run) db() string { return filepath.Join(r.dir, "shop.db") }

// underLoad runs the rounds while the clients are at work, and returns when
// they have ended.
func (r *run) underLoad(ctx context.Context) error {
	loadCtx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { r.balancer.run(loadCtx) })
	wg.Go(func() { (&load{r.balancer, r.ledger, r.Seed}).run(loadCtx, r.Clients) })

	for r.verdict.Rounds < r.Rounds || r.wasLucky() {
		if r.verdict.Rounds >= r.Rounds {
			fmt.Fprintln(r.Out, "nothing lost so far, by luck: one more round")
		}
		r.verdict.Rounds++
		if err := r.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// wasLucky reports whether the naive main has lost nothing and may try again.
func (r *run) wasLucky() bool {
	c := r.ledger.now().counts
	return r.Naive && c.Lost+c.Cut == 0 && r.verdict.Rounds < luck*r.Rounds
}

// round starts the service, lets the load run, and stops it.
func (r *run) round(ctx context.Context) error {
	began := time.Now()
	c, err := start(ctx, r.program, r.db(), r.broker.url, filepath.Join(r.dir, "report"))
	if err != nil {
		return err
	}
	defer c.kill()
	r.balancer.watch(c.instance)
	ready := time.Since(began)
	r.settle(ctx, c)
	pause(ctx, loadMin+time.Duration(r.rng.Int64N(int64(loadMax-loadMin))))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.stop(ctx, c, ready)
}

// settle waits until the clients have found the instance and its streams are
// open, so that a stop always meets them.
func (r *run) settle(ctx context.Context, c *child) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	r.balancer.await(ctx, func(listed string) bool { return listed == c.Addr })
	r.ledger.awaitStreams(ctx, r.Clients.Streams)
}

// stop sends SIGTERM and prints what came of it.
func (r *run) stop(ctx context.Context, c *child, ready time.Duration) error {
	before := r.ledger.now()
	backlog := max(0, before.acked-r.broker.orders())
	asked := time.Now()
	if err := c.terminate(); err != nil {
		return fmt.Errorf("send SIGTERM: %w\n%s", err, c.stderr)
	}
	code, err := c.await()
	took := time.Since(asked)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	after := r.ledger.settled().minus(before.counts)
	r.judgeStop(c, code, err)
	r.printRound(ready, before, backlog, after, code, took)
	return nil
}

// judgeStop looks at how the process has ended.
func (r *run) judgeStop(c *child, code int, err error) {
	bad := func(format string, args ...any) {
		r.verdict.Stops = append(r.verdict.Stops, fmt.Sprintf("round %d: ", r.verdict.Rounds)+fmt.Sprintf(format, args...))
	}
	switch {
	case err != nil:
		bad("%v", err)
	case code != 0:
		bad("exit code %d", code)
	}
	if r.Naive {
		return
	}
	report, err := c.readReport()
	if err != nil {
		bad("no report: %v", err)
		return
	}
	r.report = report
	if !report.Clean {
		bad("the report is not clean%s", blame(report))
	}
}

// blame names the hooks that did not end well.
func blame(report *quiesce.Report) string {
	var text string
	for _, h := range report.Hooks {
		if h.Outcome != quiesce.OK {
			text += fmt.Sprintf("; %s %q %s %s", h.Hook, h.Component, h.Outcome, h.Error)
		}
	}
	return text
}

// judge looks into the database and prints the verdict.
func (r *run) judge(ctx context.Context) (*Verdict, error) {
	findings, err := check(ctx, r.db(), r.ledger, r.broker)
	if err != nil {
		return nil, err
	}
	r.verdict.Counts = r.ledger.now().counts
	r.verdict.Findings = *findings
	r.printVerdict()
	return &r.verdict, nil
}
