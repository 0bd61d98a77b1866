// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

const (
	// startPatience is how long a server may take to be ready.
	startPatience = 30 * time.Second

	// outputTail is how much of what it prints is kept.
	outputTail = 8 << 10
)

// What a server's environment has beside what it is given.
const (
	portVariable   = "PORT"
	reportVariable = "QUIESCE_REPORT" // a file: one built with quiesce writes its report there
	countVariable  = "QUIESCE_COUNT"  // a file: one that counts its requests writes {"began":n,"finished":n} there when it ends
)

// An instance is one life of the server, and where it serves.
type instance struct {
	*target.Target
	port        int
	aims        []aim // of the loads, in their order
	ready, live string
	kind        load.Kind // of the first load; nil: HTTP, by its URL
	output      *tail
	report      string // files that it may write
	count       string
}

// start starts the server on a port, or finds it if it is not ours to start.
func (d *drill) start(ctx context.Context, port int, shell bool) (i *instance, err error) {
	i = d.place(port)
	d.starts++
	if !d.ours() {
		i.Target, err = d.find(ctx)
		return i, err
	}
	i.report = filepath.Join(d.dir, fmt.Sprintf("report-%d.json", d.starts))
	i.count = filepath.Join(d.dir, fmt.Sprintf("count-%d.json", d.starts))
	spec := target.Spec{
		Dir: d.Dir, Output: i.output, Shell: shell,
	}
	for _, arg := range d.Setup.Command {
		spec.Argv = append(spec.Argv, atPort(arg, port))
	}
	spec.Env = append(os.Environ(),
		portVariable+"="+strconv.Itoa(port), reportVariable+"="+i.report, countVariable+"="+i.count)
	for _, pair := range d.Env {
		spec.Env = append(spec.Env, atPort(pair, port))
	}
	i.Target, err = target.Start(ctx, spec)
	return i, err
}

// ours reports whether the drill starts the server, and may kill it.
func (d *drill) ours() bool { return len(d.Setup.Command) > 0 }

// find returns a server that somebody else has started: a process, or a unit, which
// is started anew if it is the drill that has stopped it.
func (d *drill) find(ctx context.Context) (t *target.Target, err error) {
	switch {
	case d.Setup.PID != 0:
		return target.Attach(d.Setup.PID)
	case d.unit != nil:
		t, err = d.unit.Restart(ctx)
	default:
		t, err = target.Unit(ctx, d.Setup.Unit)
	}
	if err == nil {
		d.unit = t
	}
	return t, err
}

// restore starts a unit again that the drill has stopped.
func (d *drill) restore() {
	if d.unit == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	if t, err := d.unit.Restart(ctx); err != nil {
		d.note("the unit was not started again: %v", err)
	} else {
		t.Close()
	}
}

// place returns an instance with nothing but where it serves. The URLs were checked.
func (d *drill) place(port int) *instance {
	i := &instance{
		port: port, output: new(tail),
		ready: atPort(d.Setup.Ready, port), live: atPort(d.Setup.Live, port),
	}
	for k := range d.Loads {
		a, _ := parseAim(atPort(d.Loads[k].URL, port))
		i.aims = append(i.aims, a)
	}
	if len(d.Loads) > 0 {
		i.kind = d.Loads[0].Kind
	}
	return i
}

// addrs returns the addresses of the loads, each once.
func (i *instance) addrs() []string {
	var out []string
	for _, a := range i.aims {
		if !slices.Contains(out, a.addr) {
			out = append(out, a.addr)
		}
	}
	return out
}

// twin returns the address that is to i what addr is to other.
func (i *instance) twin(other *instance, addr string) string {
	for k, a := range other.aims {
		if a.addr == addr {
			return i.aims[k].addr
		}
	}
	return addr
}

// await waits until the instance is ready: it takes connections, and its readiness
// probe says so; without one it gives an answer to the first load's request: over
// HTTP whatever that is, and over other protocols the right one.
func (i *instance) await(ctx context.Context, ask *asker) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for _, q := range i.readiness(ask) {
		if err := i.poll(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (i *instance) readiness(ask *asker) []question {
	var questions []question
	for _, addr := range i.addrs() {
		questions = append(questions, connects(addr))
	}
	switch a := i.aims[0]; {
	case i.ready != "":
		questions = append(questions, ask.status(i.ready))
	case a.overHTTP():
		questions = append(questions, ask.answers(a.url))
	case i.kind != nil:
		questions = append(questions, answers(a.addr, i.kind))
	}
	return questions
}

// answers asks whether a client of that kind gets what it is to get.
func answers(addr string, kind load.Kind) question {
	return func(ctx context.Context) (bool, string) {
		s, err := load.Start(ctx, load.Config{
			Addr: addr, Timeout: probePatience, Loads: []load.Load{{Name: probeReady, Kind: kind, Callers: 1, Think: pollInterval}},
		})
		if err != nil {
			return false, err.Error()
		}
		defer s.Close()
		ctx, cancel := context.WithTimeout(ctx, probePatience)
		defer cancel()
		if err := s.Served(ctx); err != nil {
			return false, err.Error()
		}
		return true, ""
	}
}

// poll asks until the answer is yes.
func (i *instance) poll(ctx context.Context, q question) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		ok, detail := q(ctx)
		if ok {
			return nil
		}
		select {
		case <-ticker.C:
		case <-i.Exited():
			exit, _ := i.Exit()
			return fmt.Errorf("ended before it was ready: %s%s", exitText(exit), i.output.quote())
		case <-ctx.Done():
			return fmt.Errorf("not ready: %s (%w)%s", detail, context.Cause(ctx), i.output.quote())
		}
	}
}

// exitText says how a process has ended.
func exitText(e record.Exit) string {
	if e.Signal != "" {
		return e.Signal
	}
	return "exit code " + strconv.Itoa(e.Code)
}

// forget removes the files that the instance has written for the drill.
func (i *instance) forget() {
	os.Remove(i.report)
	os.Remove(i.count)
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	data []byte // guarded by mu
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if extra := len(t.data) - outputTail; extra > 0 {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(t.data), "?")
}

// quote returns the tail as the end of an error.
func (t *tail) quote() string {
	if text := strings.TrimSpace(t.String()); text != "" {
		return "\n" + text
	}
	return ""
}

// shut ends the instance and what it has started. There may be none.
func (i *instance) shut() {
	if i != nil && i.Target != nil {
		i.Close()
		i.forget()
	}
}
