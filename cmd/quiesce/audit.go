// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
	"github.com/go-quiesce/quiesce/sigmux"
)

const auditLong = `Audit finds in manifests what will lose requests or work when a server is stopped,
rolled out or evicted: grace periods that are too short, probes that kill what drains,
shells that keep the signals, rollouts that leave nobody to answer.

A PATH is a file, a folder, or "-" for standard input; without one it is the working
directory. It reads the YAML and JSON of Kubernetes, as kubectl, helm template and
kustomize build print it, Dockerfiles with the entrypoint scripts that they copy, files of
docker compose, and systemd's services with their drop-ins. What it cannot audit, it says.

--plan gives it the plan of a server: a program that is built with quiesce, with its
arguments, which is run as "quiesce plan" does; or the JSON that "quiesce plan -json"
prints. NAME=PLAN says what runs it in the manifests: a container, a workload, an image or
a command.

--source gives it the Go sources of a program, as the go command names packages, and so
which signals the program handles.

` + audit.ConfigName + ` in the working directory, or --config, turns rules off, sets their
severity and adds rules in CEL. A comment "# quiesce:ignore RULE reason" is for the line
that it is at or before; at the top of a document, for all of it.

Exit codes: 0 nothing found, or notes only (but see --fail-on); 1 findings; 2 wrong command line, malformed
configuration or input (the rest is audited); 4 a plan could not be had, or sources do not build; 5 the audit
itself did not work.`

const auditExample = `  quiesce audit deploy/
  quiesce audit --plan ./shop deploy/
  quiesce audit --plan web='./shop -config shop.yaml' --plan worker=worker-plan.json deploy/
  quiesce audit --source web=./cmd/shop deploy/
  helm template ./chart | quiesce audit -
  quiesce audit --format sarif --output audit.sarif deploy/`

// auditFlags are the flags of audit.
type auditFlags struct {
	findingFlags
	plans   []string
	sources []string
	failOn  string
	config  string
	list    bool
}

func newAudit() *cobra.Command {
	f := new(auditFlags)
	cmd := &cobra.Command{
		Use:     "audit [flags] [PATH...]",
		Short:   "find what manifests do wrong when a server stops",
		Long:    auditLong,
		Example: auditExample,
		RunE:    f.run,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&f.plans, "plan", nil, "[NAME=]PLAN of a server, a program or JSON; may be repeated")
	flags.StringArrayVar(&f.sources, "source", nil, "[NAME=]PACKAGES of the go command, with the programs that the manifests run; may be repeated")
	flags.StringVar(&f.config, "config", "", "configuration `file` (default "+audit.ConfigName+", if there is one)")
	flags.StringVar(&f.failOn, "fail-on", string(finding.Warning), "severity that makes the exit code 1: error, warning or note, and what is worse")
	flags.BoolVar(&f.list, "list", false, "list the rules that are applied, and stop")
	f.register(flags)
	completeAudit(cmd)
	return cmd
}

// wrongAudit makes a usage error.
func wrongAudit(err error) error {
	return &usageError{fmt.Errorf("audit: %w", err), `"quiesce audit --help" shows the usage`}
}

func (f *auditFlags) run(c *cobra.Command, paths []string) error {
	if err := f.checkAll(); err != nil {
		return wrongAudit(err)
	}
	for _, p := range paths {
		if _, err := os.Stat(p); p != "-" && err != nil {
			return wrongAudit(err)
		}
	}
	config, err := audit.ReadConfig(f.config)
	if err != nil {
		return wrongAudit(err)
	}
	if f.list {
		return listRules(c.OutOrStdout(), config)
	}
	ctx, stop := sigmux.NotifyContext(c.Context())
	defer stop()
	plans, err := readPlans(ctx, f.plans)
	dieOfSignal(ctx, stop)
	if err != nil {
		return wrongAudit(err)
	}
	sources, err := readSources(ctx, f.sources)
	dieOfSignal(ctx, stop)
	if err != nil {
		return err
	}
	o := audit.Options{Paths: paths, Stdin: c.InOrStdin(), Plans: plans.plans, Sources: sources, Config: config}
	report, unplanned := auditUntil(ctx, stop, o, &plans.asking)
	names, err := finding.NewNames("")
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	report.Version, report.Root = buildVersion(), names.Root()
	if err := f.write(c.OutOrStdout(), report); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return auditError(report, finding.Severity(f.failOn), unplanned)
}

// auditUntil audits until a signal ends us: what is read may be a pipe in which nothing comes.
// A server that is asked for its plan is ended before.
func auditUntil(ctx context.Context, stop func(), o audit.Options, asking *sync.Mutex) (*finding.Report, error) {
	type result struct {
		report    *finding.Report
		unplanned error
	}
	done := make(chan result, 1)
	go func() {
		report, unplanned := audit.Run(o)
		done <- result{report, unplanned}
	}()
	select {
	case r := <-done:
		dieOfSignal(ctx, stop)
		return r.report, r.unplanned
	case <-ctx.Done():
		asking.Lock() // until that server is gone; no other is to be asked
		dieOfSignal(ctx, stop)
		return new(finding.Report), context.Cause(ctx)
	}
}

// checkAll says what is wrong with the values of the flags.
func (f *auditFlags) checkAll() error {
	if !slices.Contains(failOns, f.failOn) {
		return fmt.Errorf("--fail-on %s: want %s", f.failOn, strings.Join(failOns, ", "))
	}
	return f.check()
}

// failOns are the values of --fail-on.
var failOns = []string{string(finding.Error), string(finding.Warning), string(finding.Note)}

// completeAudit says what values the flags of audit have.
func completeAudit(cmd *cobra.Command) {
	for flag, values := range map[string][]string{"format": findingForms(), "color": colorModes, "fail-on": failOns} {
		err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		if err != nil {
			panic("quiesce: " + err.Error()) // there is no such flag
		}
	}
}

// auditError turns what came of an audit into the error that has its exit code.
func auditError(r *finding.Report, least finding.Severity, unplanned error) error {
	faults := audit.Faults(r, least)
	switch {
	case unplanned != nil:
		return &codedError{fmt.Errorf("audit: %w", unplanned), codeTarget}
	case len(r.Problems) > 0:
		return &codedError{fmt.Errorf("audit: %s malformed; the rest is audited", count(len(r.Problems), "input is", "inputs are")), codeUsage}
	case len(faults) > 0:
		return fmt.Errorf("audit: %w: %d; \"quiesce explain %s\" says more", errFindings, len(faults), faults[0].Rule)
	}
	return nil
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func listRules(w io.Writer, config *audit.Config) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range config.Applied() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.ID, r.Severity, r.Pack, r.Title) // Flush tells of an error
	}
	return t.Flush()
}
