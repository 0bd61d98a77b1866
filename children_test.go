// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/sigmux"
)

// children are the programs that the process tests start. They print a line
// whenever they get somewhere, and wait for the end of their standard input
// where they are told to.
var children = map[string]func(){
	"stations": childStations,
	"ending":   childEnding,
	"previous": childPrevious,
	"many":     childMany,
	"panic":    childPanic,
	"hanger":   childHanger,
}

func childSays(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// stdinEnded is closed at the end of standard input.
var stdinEnded = sync.OnceValue(func() <-chan struct{} {
	c := make(chan struct{})
	go func() {
		defer close(c)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	return c
})

// childFlags are the arguments of most children.
type childFlags struct {
	preset string
	policy string
	grace  time.Duration
	delay  time.Duration
	hold   string // the station at which to wait for the end of standard input
	obey   bool   // or for that of the hook's context
	dir    string
	term   string
	fill   bool // fill up the disk of dir, before the start and again before the end
	job    bool
}

func parseChildFlags() *childFlags {
	f := new(childFlags)
	flag.StringVar(&f.preset, "preset", "", "")
	flag.StringVar(&f.policy, "policy", "", "")
	flag.DurationVar(&f.grace, "grace", 20*time.Second, "")
	flag.DurationVar(&f.delay, "delay", 0, "")
	flag.StringVar(&f.hold, "hold", "", "")
	flag.BoolVar(&f.obey, "obey", false, "")
	flag.StringVar(&f.dir, "dir", "", "")
	flag.StringVar(&f.term, "term", "", "")
	flag.BoolVar(&f.fill, "fill", false, "")
	flag.BoolVar(&f.job, "job", false, "")
	flag.Parse()
	return f
}

func (f *childFlags) options() []quiesce.Option {
	opts := []quiesce.Option{
		quiesce.WithGracePeriod(f.grace), quiesce.WithReadinessDelay(f.delay), quiesce.WithTerminationLog(f.term),
	}
	switch f.preset {
	case "kubernetes":
		opts = append(opts, quiesce.Kubernetes())
	case "systemd":
		opts = append(opts, quiesce.Systemd())
	case "interactive":
		opts = append(opts, quiesce.Interactive())
	}
	if f.policy == "orchestrated" {
		opts = append(opts, quiesce.WithEscalation(sigmux.Orchestrated()))
	}
	if f.dir != "" {
		opts = append(opts, quiesce.WithReportDir(f.dir))
	}
	return opts
}

// at says that a station was reached, and waits there if it is the one to.
func (f *childFlags) at(ctx context.Context, station string) error {
	childSays("at %s", station)
	if f.fill && (station == "before" || station == "drain") {
		fillDisk(f.dir)
	}
	if station != f.hold {
		return nil
	}
	var done <-chan struct{}
	if f.obey {
		done = ctx.Done()
	}
	select {
	case <-stdinEnded():
		return nil
	case <-done:
		return ctx.Err()
	}
}

func (f *childFlags) hook(station string) func(context.Context) error {
	return func(ctx context.Context) error { return f.at(ctx, station) }
}

// childStations has a hook at every station of an app's life.
func childStations() {
	f := parseChildFlags()
	app := quiesce.New("stations", f.options()...)
	app.Add("outer", quiesce.Component{
		Start: f.hook("outer start"), Drain: f.hook("outer drain"), Stop: f.hook("outer stop"),
	}, quiesce.Outer())
	var job []quiesce.AddOption
	if f.job {
		job = append(job, quiesce.Job())
	}
	app.Add("server", quiesce.Component{
		Start: f.hook("start"), Run: runUntilAsked, Announce: f.hook("announce"),
		Drain: f.hook("drain"), Stop: f.hook("stop"), Serves: true,
	}, job...)
	_ = app.OnFlush("flush", f.hook("flush"))
	childSays("ready %d", os.Getpid())
	_ = f.at(context.Background(), "before")
	go func() {
		<-app.Reached(quiesce.StateRunning)
		if app.Ready() {
			childSays("running")
		}
	}()
	code := app.Main()
	childSays("ended with %d", code)
	_ = f.at(context.Background(), "ended")
	os.Exit(code)
}

func runUntilAsked(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// fillDisk leaves no byte free.
func fillDisk(dir string) {
	for size := 1 << 16; size > 0; size /= 2 {
		for i := 0; ; i++ {
			if os.WriteFile(fmt.Sprintf("%s/../fill-%d-%d", dir, size, i), make([]byte, size), 0o600) != nil {
				break
			}
		}
	}
}

// childPrevious says how the run before it ended.
func childPrevious() {
	f := parseChildFlags()
	app := quiesce.New("previous", f.options()...)
	app.Add("server", quiesce.Component{Run: runUntilAsked, Start: func(context.Context) error {
		switch p := app.Previous(); {
		case p == nil:
			childSays("previous: none")
		default:
			childSays("previous: clean %t, report %t", p.Clean, p.Report != nil)
		}
		return nil
	}})
	go func() {
		<-app.Reached(quiesce.StateRunning)
		childSays("running")
	}()
	os.Exit(app.Main())
}

// childMany starts and stops as many components as its argument says.
func childMany() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		os.Exit(2)
	}
	app := quiesce.New("many", quiesce.WithSink(quiesce.SinkFunc(func(quiesce.Record) {})))
	var mu sync.Mutex
	calls := map[string]int{}
	count := func(name string) func(context.Context) error {
		return func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			calls[name]++
			return nil
		}
	}
	var below *quiesce.Handle
	for i := range n {
		c := quiesce.Component{Start: count("start"), Drain: count("drain"), Stop: count("stop"), Run: runUntilAsked}
		h := app.Add(strconv.Itoa(i), c, quiesce.Needs(below))
		if i%10 == 0 {
			below = h
		}
	}
	go func() {
		<-app.Reached(quiesce.StateRunning)
		childSays("running")
	}()
	code := app.Main()
	childSays("start %d, drain %d, stop %d", calls["start"], calls["drain"], calls["stop"])
	os.Exit(code)
}

// childPanic panicsOops in a Run; another component's Stop waits for its release.
func childPanic() {
	f := parseChildFlags()
	app := quiesce.New("panicky", f.options()...)
	db := app.Add("db", quiesce.Component{Drain: f.hook("drain"), Stop: f.hook("stop"), Run: runUntilAsked})
	app.Add("worker", quiesce.Component{Run: func(context.Context) error { return stumble() }}, quiesce.Needs(db))
	os.Exit(app.Main())
}

// stumble is a function to be found in a stack.
func stumble() error { panic("over its own feet") }

// childHanger has a critical Drain that outlives a hurried stop.
func childHanger() {
	f := parseChildFlags()
	app := quiesce.New("hanger", append(f.options(), quiesce.WithForceGrace(10*time.Second))...)
	app.Add("worker", quiesce.Component{Drain: func(context.Context) error {
		childSays("at drain")
		return hangForever(context.Background())
	}}, quiesce.Critical(f.grace/2))
	app.Add("canary", quiesce.Component{Run: func(ctx context.Context) error {
		<-quiesce.WorkContext(ctx).Done()
		childSays("hurried")
		return hangForever(ctx)
	}})
	go func() {
		<-app.Reached(quiesce.StateRunning)
		childSays("ready %d", os.Getpid())
	}()
	os.Exit(app.Main())
}
