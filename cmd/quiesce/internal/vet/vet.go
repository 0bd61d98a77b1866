// SPDX-License-Identifier: Apache-2.0

// Package vet runs the checks of package analysis through "go vet", which knows how to
// load packages and has a cache, and makes a report of what it prints.
package vet

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/tools/go/analysis"

	lifecycle "github.com/go-quiesce/quiesce/analysis"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// A Config says what to look at. The zero value is all checks on the package in the
// working directory, without its tests.
type Config struct {
	Dir      string   // to run in; empty is the working directory
	Packages []string // patterns of the go command
	Tags     string   // build tags
	Checks   []string // to run; none is all
	Skip     []string // not to run
	Tests    bool     // with findings in test files
	Fix      bool     // change the files as the findings suggest; what remains is reported
	Version  string   // of quiesce, for the report
	Log      io.Writer
}

var (
	// ErrAnalysis is that a check could not do its work.
	ErrAnalysis = errors.New("a check failed")

	// ErrFix is that a file could not be changed.
	ErrFix = errors.New("not all is fixed")
)

// goPatience is how long the go command may take to end when it is interrupted: it waits for
// the compilers and checks that it has started.
const goPatience = 10 * time.Second

// Run returns what the checks find. A package that does not build is a problem in the
// report, and not an error. With an error that wraps [ErrAnalysis] or [ErrFix] there is a
// report nevertheless, of what did work.
func Run(ctx context.Context, c *Config) (*finding.Report, error) {
	var unfixed error
	if c.Fix {
		if unfixed = c.fix(ctx); unfixed != nil && !errors.Is(unfixed, ErrFix) {
			return nil, unfixed
		}
	}
	stdout, stderr, failed, err := c.goVet(ctx, "-json")
	if err != nil {
		return nil, err
	}
	names, err := finding.NewNames(c.Dir)
	if err != nil {
		return nil, err
	}
	p := parser{names: names, dir: c.Dir, tests: c.Tests, log: c.Log, sources: map[string][]byte{}}
	text := append(p.units(stdout), p.units(stderr)...) // before Go 1.26, all of it is on stderr
	if p.err != nil && !errors.Is(p.err, ErrAnalysis) {
		return nil, p.err
	}
	if failed {
		p.problems(p.crashes(text))
	} else {
		c.log(text)
	}
	r := &finding.Report{
		Tool: "quiesce vet", Version: c.Version, Root: names.Root(), Rules: c.rules(),
		Findings: p.found, Problems: p.notBuilt,
	}
	r.Sort()
	return r, cmp.Or(p.err, unfixed)
}

// Analyzers returns those of all checks.
func Analyzers() []*analysis.Analyzer { return lifecycle.Suite() }

func (c *Config) rules() []finding.Rule {
	var out []finding.Rule
	for _, e := range Catalog() {
		if (len(c.Checks) == 0 || slices.Contains(c.Checks, e.ID)) && !slices.Contains(c.Skip, e.ID) {
			out = append(out, finding.Rule{ID: e.ID, Title: e.Title, Help: e.String(), Markdown: e.Markdown("###"), Severity: finding.Warning})
		}
	}
	return out
}

// goVet runs "go vet" with this program as its tool. Failed is whether it went wrong,
// which stderr explains then; findings alone are no failure.
func (c *Config) goVet(ctx context.Context, mode string) (stdout, stderr []byte, failed bool, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, false, err
	}
	args := []string{"vet", "-vettool=" + self, mode}
	if c.Tags != "" {
		args = append(args, "-tags="+c.Tags)
	}
	args = slices.Concat(args, c.checkFlags(), c.apartFlags(ctx), []string{"--"}, c.Packages)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = c.Dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Cancel, cmd.WaitDelay = func() error { return interrupt(cmd.Process) }, goPatience
	err = cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && (!exited || ctx.Err() != nil) {
		return nil, nil, false, fmt.Errorf("go vet: %w", cmp.Or(ctx.Err(), err))
	}
	return out.Bytes(), errs.Bytes(), err != nil, nil
}

// interrupt asks the go command to end: it takes its work folder away then. Windows knows no
// such request.
func interrupt(p *os.Process) error {
	err := p.Signal(os.Interrupt)
	if err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.Kill()
}

func (c *Config) checkFlags() []string {
	var flags []string
	for _, name := range c.Checks {
		if !slices.Contains(c.Skip, name) {
			flags = append(flags, "-"+name)
		}
	}
	for _, name := range c.Skip {
		flags = append(flags, "-"+name+"=false")
	}
	return flags
}

// fix applies what the findings suggest. The go command does it: it knows the edits of
// all packages before it changes the first file.
func (c *Config) fix(ctx context.Context) error {
	_, stderr, failed, err := c.goVet(ctx, "-fix")
	if err != nil {
		return err
	}
	if failed && bytes.Contains(stderr, []byte("flag provided but not defined: -fix")) {
		return errors.New("go vet has -fix from Go 1.26 on")
	}
	for line := range bytes.Lines(stderr) {
		if reason, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("applying fix: ")); ok {
			return fmt.Errorf("%w: %s", ErrFix, reason)
		}
	}
	return nil // what else went wrong goes wrong again when we look what remains
}

func (c *Config) log(lines []string) {
	if len(lines) > 0 && c.Log != nil {
		fmt.Fprintln(c.Log, strings.Join(lines, "\n")) // for people: what it says is no part of the result
	}
}
