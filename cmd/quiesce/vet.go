// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/nearest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/vet"
	"github.com/go-quiesce/quiesce/sigmux"
)

const vetLong = `Vet looks for lifecycle bugs in Go code: signals that are lost, servers that nobody
waits for, exits that skip clean-up, goroutines without an end. "quiesce explain" lists
the checks and says what each means.

It runs "go vet", with itself as the tool: packages are named as for the go command,
which needs to be there, and what has not changed is not looked at again. GOFLAGS and the
other variables of the go command work as usual.

A finding is switched off by a comment on its line or the line above, with a reason:

  //quiesce:ignore CHECK reason

Exit codes: 0 no findings, 1 findings, 2 wrong command line, 4 the code does not build
or is not there, 5 vet itself did not work.`

const vetExample = `  quiesce vet ./...
  quiesce vet --checks timeafter ./cmd/...
  quiesce vet --fix ./...
  quiesce vet --format sarif --output vet.sarif ./...
  go vet -vettool="$(which quiesce)" ./...`

// vetFlags are the command line of vet.
type vetFlags struct {
	findingFlags
	cfg vet.Config
}

func newVet() *cobra.Command {
	f := new(vetFlags)
	cmd := &cobra.Command{
		Use:     "vet [flags] [package...]",
		Short:   "find lifecycle bugs in Go code",
		Long:    vetLong,
		Example: vetExample,
		RunE:    func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringSliceVar(&f.cfg.Checks, "checks", nil, "`names` of the only checks to run")
	fs.StringSliceVar(&f.cfg.Skip, "skip", nil, "`names` of checks not to run")
	fs.BoolVar(&f.cfg.Fix, "fix", false, "change the files as the findings suggest, and report what remains")
	fs.BoolVar(&f.cfg.Tests, "tests", true, "with findings in test files")
	fs.StringVar(&f.cfg.Tags, "tags", "", "build `tags`, with commas between them")
	fs.StringVarP(&f.cfg.Dir, "chdir", "C", "", "`folder` to run in")
	f.register(fs)
	completeVet(cmd)
	return cmd
}

func (f *vetFlags) run(c *cobra.Command, packages []string) error {
	if err := errors.Join(knownChecks("checks", f.cfg.Checks), knownChecks("skip", f.cfg.Skip)); err != nil {
		return &usageError{fmt.Errorf("vet: %w", distinct(err)), `"quiesce explain" lists the checks`}
	}
	if err := cmp.Or(f.check(), f.someCheck()); err != nil {
		return &usageError{fmt.Errorf("vet: %w", err), `"quiesce vet --help" shows the usage`}
	}
	f.cfg.Packages, f.cfg.Version, f.cfg.Log = packages, buildVersion(), c.ErrOrStderr()
	ctx, stop := sigmux.NotifyContext(c.Context())
	defer stop()
	report, err := vet.Run(ctx, &f.cfg)
	dieOfSignal(ctx, stop)
	if report != nil {
		err = cmp.Or(f.write(c.OutOrStdout(), report), err)
	}
	if err != nil {
		return fmt.Errorf("vet: %w", err)
	}
	return vetError(report)
}

// vetError says that there is something in the report.
func vetError(report *finding.Report) error {
	if len(report.Problems) > 0 {
		return &codedError{errors.New("vet: not everything could be looked at"), codeTarget}
	}
	if n := len(report.Findings); n > 0 {
		return fmt.Errorf("vet: %w: %d; \"quiesce explain %s\" says more", errFindings, n, report.Findings[0].Rule)
	}
	return nil
}

// someCheck returns an error if no check is left to run.
func (f *vetFlags) someCheck() error {
	skipped := func(name string) bool { return slices.Contains(f.cfg.Skip, name) }
	if names := f.cfg.Checks; len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return !skipped(name) }) {
		return errors.New("--skip leaves out all that --checks names")
	}
	return nil
}

// knownChecks returns an error for each name that no check has.
func knownChecks(flag string, names []string) error {
	known := vetChecks()
	var errs []error
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		err := fmt.Errorf("--%s: no check %q", flag, name)
		if near := nearest.Of(name, known); near != "" {
			err = fmt.Errorf("%w; did you mean %q?", err, near)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func vetChecks() []string {
	var names []string
	for _, e := range vet.Catalog() {
		names = append(names, e.ID)
	}
	return names
}

// completeVet says what values the flags of vet have.
func completeVet(cmd *cobra.Command) {
	for flag, values := range map[string][]string{"format": findingForms(), "color": colorModes, "checks": vetChecks(), "skip": vetChecks()} {
		err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		if err != nil {
			panic("quiesce: " + err.Error()) // there is no such flag
		}
	}
}
