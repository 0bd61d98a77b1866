// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/sigmux"
)

const planLong = `Plan prints what a stop of a server will do and what it costs at worst, before
anything runs: the order of the hooks, their limits, the reserves, the worst case.

It runs the command with the environment variable QUIESCE_PLAN, which makes the
Main of a server built with quiesce print its plan and exit without starting
anything. What the server does before it calls Main it does here too. A server
that does not answer within --timeout is killed, with all in its process group.

Exit codes: 0 printed, 1 the server found mistakes in its plan, 2 wrong command
line, 4 there is no plan: the command cannot be run, or is not built with quiesce.`

const (
	planTimeout   = 10 * time.Second
	pipePatience  = time.Second // for output after the end of the server
	mostOutput    = 16 << 20    // bytes of a plan
	mostComplaint = 4 << 10     // bytes of what the server says on standard error
)

func newPlan() *cobra.Command {
	asJSON, timeout := false, planTimeout
	cmd := &cobra.Command{
		Use:     "plan [flags] -- ./server args",
		Short:   "print what a stop of a server will do, without running it",
		Long:    planLong,
		Example: "  quiesce plan -- ./shop -db shop.db\n  quiesce plan -json -- ./shop | jq .worst_case",
		Args:    someCommand,
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := sigmux.NotifyContext(c.Context())
			defer stop()
			data, err := askPlan(ctx, args, timeout)
			dieOfSignal(ctx, stop)
			if err == nil {
				err = printPlan(c.OutOrStdout(), data, asJSON)
			}
			return planError(err)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "after which the server is killed")
	return cmd
}

// planError gives an error its exit code: what is not a finding is that the server could
// not be asked.
func planError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errFindings):
		return fmt.Errorf("plan: %w", err)
	}
	return &codedError{fmt.Errorf("plan: %w", err), codeTarget}
}

// someCommand is for verbs that run one.
func someCommand(c *cobra.Command, args []string) error {
	if len(args) > 0 && args[0] != "" {
		return nil
	}
	return &usageError{fmt.Errorf("%s: no command given", c.Name()), fmt.Sprintf(`"%s -- ./server args"`, c.CommandPath())}
}

// errNoPlan is what a program is told that seems not to know the question.
var errNoPlan = errors.New("it printed no plan; is it built with quiesce, and does its main call app.Main?")

// askPlan runs the server, with what env adds to the environment, and returns the JSON that
// it printed.
func askPlan(ctx context.Context, argv []string, timeout time.Duration, env ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stdout := &limited{most: mostOutput, full: cancel}
	stderr := &limited{most: mostComplaint}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(append(os.Environ(), env...), quiesce.PlanVariable+"=json")
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = stdout, stderr, pipePatience
	ownGroup(cmd)
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) { // it is gone, and something that it started is not
		cmd.Cancel()
		err = nil
	}
	complaint := strings.TrimSpace(stderr.buf.String())
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("%s: still running after %v, killed; %w", argv[0], timeout, errNoPlan)
	case stdout.over:
		return nil, fmt.Errorf("%s: printed more than %d bytes, killed; %w", argv[0], mostOutput, errNoPlan)
	case cmd.ProcessState == nil:
		return nil, err
	case cmd.ProcessState.ExitCode() == quiesce.CodeStartFailed && complaint != "" && stdout.buf.Len() == 0:
		return nil, fmt.Errorf("%w: %s", errFindings, complaint)
	case err != nil:
		return nil, errors.Join(fmt.Errorf("%s: %w; %w", argv[0], err, errNoPlan), said(complaint))
	}
	return stdout.buf.Bytes(), nil
}

// said is what a server has complained about, nil if it has not.
func said(complaint string) error {
	if complaint == "" {
		return nil
	}
	return fmt.Errorf("it said: %s", complaint)
}

// printPlan prints the server's answer. What it has printed before its plan, which is
// not ours, is an error: we do not guess.
func printPlan(w io.Writer, data []byte, asJSON bool) error {
	var p struct {
		quiesce.Plan
		Schema *int              `json:"schema"`
		Phases []json.RawMessage `json:"phases"`
	}
	if err := json.Unmarshal(data, &p); err != nil || p.Schema == nil || p.Phases == nil {
		return errNoPlan
	}
	if asJSON {
		_, err := w.Write(data)
		return err
	}
	if *p.Schema != quiesce.PlanSchema {
		return fmt.Errorf("schema %d; this quiesce knows schema %d, but can print it as it is with -json", *p.Schema, quiesce.PlanSchema)
	}
	plan := new(quiesce.Plan)
	if err := json.Unmarshal(data, plan); err != nil {
		return err
	}
	_, err := io.WriteString(w, plan.Text())
	return err
}

// A limited buffer keeps the first most bytes, and calls full, if there is one, when
// there are more.
type limited struct {
	buf  bytes.Buffer // not embedded: its ReadFrom knows no limit
	most int
	full func()
	over bool
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.most-l.buf.Len())
	l.buf.Write(p[:n])
	if n < len(p) {
		l.over = true
		if l.full != nil {
			l.full()
		}
	}
	return len(p), nil
}
