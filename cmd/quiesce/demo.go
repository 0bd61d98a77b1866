// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/demo"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/sigmux"
)

const demoLong = `Demo builds examples/shop, a service with an HTTP API, a SQLite file, an outbox and
event streams, twice: with a main function as one finds it everywhere, and with
quiesce. It drills both in the same way (see "quiesce help drill"), looks into the
database after each stop, and puts the two verdicts side by side.

The naive main is to FAIL and the shop with quiesce to PASS. It needs Linux, the go
command and a checkout of the repository.

Exit codes: 0 it came out so, 1 it did not, 2 wrong command line, 3 no verdict on the
shop with quiesce, 4 a shop could not be run, 5 the demo itself did not work.`

type demoFlags struct {
	cfg        demo.Config
	html, json string
}

func newDemo() *cobra.Command {
	f := new(demoFlags)
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "drill a real service with a naive main and with quiesce",
		Long:    demoLong,
		Example: "  quiesce demo\n  quiesce demo --html report.html    # report-naive.html and report-shop.html",
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.DurationVar(&f.cfg.Duration, "duration", 12*time.Second, "how long each is drilled")
	fs.IntVar(&f.cfg.Rounds, "rounds", 0, "how often each is stopped; 0: as often as fits into the duration")
	fs.IntVar(&f.cfg.Connections, "connections", 16, "clients that keep theirs; a quarter of it of each other kind")
	fs.Uint64Var(&f.cfg.Seed, "seed", rand.Uint64()>>32, "of everything that is drawn; a random `number` if it is not given")
	fs.StringVar(&f.html, "html", "", "`file` for the pages of both drills, with -naive and -shop in its name")
	fs.StringVar(&f.json, "json", "", "`file` for both reports as JSON, likewise")
	fs.Lookup("seed").DefValue = "0" // or the help would never be the same twice
	return cmd
}

func (f *demoFlags) run(c *cobra.Command) error {
	if err := f.check(); err != nil {
		return &usageError{fmt.Errorf("demo: %w", err), `"quiesce demo --help" shows the usage`}
	}
	ctx, stop := sigmux.NotifyContext(c.Context())
	defer stop()
	stderr := c.ErrOrStderr()
	f.cfg.Tool = buildVersion()
	f.cfg.Progress = func(name string) drill.Progress { return &demoProgress{stderr, name} }
	fmt.Fprintln(stderr, "building examples/shop, with both of its mains")
	naive, shop, err := demo.Run(ctx, f.cfg)
	dieOfSignal(ctx, stop)
	switch {
	case errors.Is(err, drill.ErrTarget):
		return &codedError{fmt.Errorf("demo: %w", err), codeTarget}
	case err != nil:
		return fmt.Errorf("demo: %w", err)
	}
	err = errors.Join(demo.Print(c.OutOrStdout(), naive, shop), f.files(naive), f.files(shop))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return demoVerdict(naive, shop)
}

func (f *demoFlags) check() error {
	switch {
	case f.cfg.Connections < 1:
		return fmt.Errorf("--connections %d: want at least 1", f.cfg.Connections)
	case f.cfg.Rounds < 0:
		return fmt.Errorf("--rounds %d: is negative", f.cfg.Rounds)
	case f.cfg.Duration <= 0:
		return fmt.Errorf("--duration %v: want more than nothing", f.cfg.Duration)
	}
	return nil
}

// demoVerdict is nil if it came out as it is to.
func demoVerdict(naive, shop *demo.Side) error {
	switch {
	case shop.Run.Verdict == record.Inconclusive:
		return &codedError{fmt.Errorf("demo: no verdict on the shop: %s", shop.Run.Reason), codeInconclusive}
	case !shop.Passed():
		return fmt.Errorf("demo: %w: the shop lost something", errFindings)
	case naive.Run.Verdict != record.Fail:
		return fmt.Errorf("demo: %w: the naive main was not caught", errFindings)
	}
	return nil
}

// files writes the reports of one side.
func (f *demoFlags) files(s *demo.Side) error {
	var errs []error
	for _, file := range []struct{ path, format string }{{f.html, "html"}, {f.json, "json"}} {
		if file.path != "" {
			path := beside(file.path, s.Name)
			errs = append(errs, writeFile(path, func(w io.Writer) error { return formats[file.format](w, s.Run) }))
		}
	}
	return errors.Join(errs...)
}

// beside puts a name before a file's extension.
func beside(path, name string) string {
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + "-" + name + ext
}

// A demoProgress says that a drill goes on: what is lost is the demo's result, and not
// told as it comes.
type demoProgress struct {
	w    io.Writer
	name string
}

func (p *demoProgress) Round(_ *record.Round, done, planned int) {
	if done == 1 || done%5 == 0 || done == planned {
		fmt.Fprintf(p.w, "%s: stop %d\n", p.name, done)
	}
}

func (p *demoProgress) Note(text string) { fmt.Fprintf(p.w, "%s: %s\n", p.name, text) }
