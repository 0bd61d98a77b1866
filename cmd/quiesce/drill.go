// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/show"
	"github.com/go-quiesce/quiesce/sigmux"
)

const drillLong = `Drill starts a server, puts load on it, signals it at drawn moments, over and over,
and proves or disproves that its clients lose nothing: no request, no stream, no
acknowledged write; that it exits by itself, in time, with the right code, and leaves
nothing behind.

One request is one attempt on the wire: nothing is retried and nothing is hidden.
"quiesce explain" lists the checks and says what each means.

{port} in the command, its environment and the URLs is replaced by a free port, which
the server also finds in PORT. What it writes to a temporary directory has to be gone
when it is.

The scheme of a URL says what its clients speak: http and https (HTTP/1.1, on
connections that are kept and on new ones, judged apart), h2c and h2 (HTTP/2, in clear
and over TLS), grpc and grpcs (with /Service/Method as the path; without one, the
health check), ws and wss, sse and sses, tcp (a line is answered by a line).

Exit codes: 0 PASS, 1 FAIL, 2 wrong command line, 3 INCONCLUSIVE, 4 the server could
not be run, 5 the drill itself did not work. A drill that is ended by a signal reports
what it has, and dies of it.`

const drillExample = `  quiesce drill --url http://127.0.0.1:8080/ -- ./server
  quiesce drill --url http://127.0.0.1:{port}/ --ready http://127.0.0.1:{port}/readyz --readiness-delay 200ms -- ./server -addr :{port}
  quiesce drill --url http://127.0.0.1:{port}/ --write 'PUT http://127.0.0.1:{port}/items/{id}' --read 'GET http://127.0.0.1:{port}/items/{id}' -- ./server
  quiesce drill --url grpc://127.0.0.1:{port} --rolling --html report.html -- ./server -addr :{port}
  quiesce drill --url http://127.0.0.1:8080/ --upgrade USR2 -- ./server`

func newDrill() *cobra.Command {
	f := new(drillFlags)
	cmd := &cobra.Command{
		Use:     "drill [flags] -- command [argument...]",
		Short:   "prove that a server stops without losing anything",
		Long:    drillLong,
		Example: drillExample,
		RunE: func(c *cobra.Command, args []string) error {
			if c.ArgsLenAtDash() != 0 && len(args) > 0 {
				return wrongDrill(fmt.Errorf("unexpected argument %q: the server's command goes after --", args[0]))
			}
			return f.run(c, args)
		},
	}
	f.register(cmd)
	return cmd
}

// wrongDrill makes a usage error.
func wrongDrill(err error) error {
	return &usageError{fmt.Errorf("drill: %w", distinct(err)), `"quiesce drill --help" shows the usage`}
}

func (f *drillFlags) run(c *cobra.Command, command []string) error {
	cfg, err := f.config(c, command)
	if err != nil {
		return wrongDrill(err)
	}
	cfg.SetDefaults()
	if err := cfg.Check(); err != nil {
		return wrongDrill(err)
	}
	if f.dryRun {
		return printSchedules(c.OutOrStdout(), &cfg)
	}
	ctx, stop := sigmux.NotifyContext(c.Context())
	defer stop()
	progress := show.NewProgress(c.ErrOrStderr(), f.isTerminal(c.ErrOrStderr()))
	cfg.Progress = progress
	run, err := drill.Run(ctx, cfg)
	progress.End()
	var unwritten error
	if run != nil && !errors.Is(err, drill.ErrTarget) { // a server that never ran leaves nothing to report
		unwritten = f.report(c.OutOrStdout(), run)
	}
	if s, ok := errors.AsType[*sigmux.SignalError](context.Cause(ctx)); ok {
		printError(c.ErrOrStderr(), unwritten)
		stop()
		sigmux.Die(s.Signal) // so that a shell's script or loop stops too
	}
	if unwritten != nil {
		return fmt.Errorf("drill: %w", unwritten)
	}
	return drillError(run, err)
}

// drillError turns what came of a drill into the error that has its exit code.
func drillError(run *record.Run, err error) error {
	switch {
	case errors.Is(err, drill.ErrTarget):
		return &codedError{fmt.Errorf("drill: %w", err), codeTarget}
	case err != nil:
		return fmt.Errorf("drill: %w", err)
	case run.Verdict == record.Fail:
		return fmt.Errorf("drill: %w: %s", errFindings, run.Reason)
	case run.Verdict == record.Pass:
		return nil
	}
	return &codedError{fmt.Errorf("drill: no verdict: %s", run.Reason), codeInconclusive}
}

func printSchedules(w io.Writer, cfg *drill.Config) error {
	for i, s := range cfg.Plan() {
		if _, err := fmt.Fprintf(w, "%4d  %s\n", i+1, s); err != nil {
			return err
		}
	}
	return nil
}

// formats are the forms of a drill's report.
var formats = map[string]func(io.Writer, *record.Run) error{
	"json": show.JSON, "junit": show.JUnit, "sarif": show.SARIF, "markdown": show.Markdown, "html": show.HTML,
}

// report writes the run to the files that were asked for and to standard output, which
// may be gone.
func (f *drillFlags) report(stdout io.Writer, run *record.Run) error {
	var errs []error
	for _, format := range sortedFormats() {
		if path := *f.files[format]; path != "" {
			errs = append(errs, writeFile(path, func(w io.Writer) error { return formats[format](w, run) }))
		}
	}
	if write := formats[f.format]; write != nil {
		errs = append(errs, write(stdout, run))
	} else {
		errs = append(errs, show.Text(stdout, run, show.Style{Color: f.color(stdout), Width: width(stdout)}))
	}
	return errors.Join(errs...)
}

// writeFile puts a file in its place whole or not at all. What is there and is no regular file,
// such as /dev/stderr or a pipe, is written to.
func writeFile(path string, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeTo(path, write)
	}
	temp := path + ".tmp"
	out, err := os.Create(temp)
	if err != nil {
		return err
	}
	defer os.Remove(temp) // if it is still there
	if err := errors.Join(write(out), out.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.Rename(temp, path)
}

func writeTo(path string, write func(io.Writer) error) error {
	out, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(out), out.Close())
}
