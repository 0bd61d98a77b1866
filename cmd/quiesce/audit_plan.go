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
	"sync"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// askedPlans are the plans of the flags. Programs are run when their plans are needed, as
// these depend on where the program runs.
type askedPlans struct {
	plans  []*manifest.Plan
	asking sync.Mutex // held while a program is run
}

// readPlans makes a plan of each flag.
func readPlans(ctx context.Context, flags []string) (*askedPlans, error) {
	all := new(askedPlans)
	for _, flag := range flags {
		p := &manifest.Plan{Path: flag}
		if name, rest, ok := strings.Cut(flag, "="); ok && !strings.ContainsAny(name, "/\\. ") {
			p.Name, p.Path = name, rest
		}
		argv := strings.Fields(p.Path)
		if _, err := os.Stat(p.Path); err == nil {
			argv = []string{p.Path} // a name with spaces in it
		}
		if len(argv) == 0 {
			return nil, fmt.Errorf("--plan %q: want a program or a file", flag)
		}
		p.Path = argv[0]
		plan, err := planInFile(argv[0])
		if err == nil && plan == nil {
			err = runnable(argv[0])
		}
		if err != nil {
			return nil, fmt.Errorf("--plan %s: %w", argv[0], err)
		}
		p.Ask = func(env []string) (*quiesce.Plan, error) {
			if plan != nil {
				return plan, nil
			}
			all.asking.Lock()
			defer all.asking.Unlock()
			return planOf(ctx, argv, env)
		}
		all.plans = append(all.plans, p)
	}
	return all, nil
}

// runnable says that a file is there that is no program. What is not there is found out when it
// is run.
func runnable(name string) error {
	if _, err := os.Stat(name); err != nil {
		return nil
	}
	if _, err := exec.LookPath(name); err != nil {
		return errors.New("neither the JSON of a plan nor a program that can be run; ./ is before one of the working directory")
	}
	return nil
}

// planInFile returns the plan in a file of JSON, nil if the file is something else.
func planInFile(name string) (*quiesce.Plan, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, nil // a program that is found in PATH, perhaps
	}
	defer in.Close()
	first := make([]byte, 512)
	n, err := in.Read(first)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(first[:n]), []byte("{")) {
		return nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(first[:n]), in), mostOutput))
	if err != nil {
		return nil, err
	}
	return parsePlan(data)
}

// planOf asks a program for its plan.
func planOf(ctx context.Context, argv, env []string) (*quiesce.Plan, error) {
	data, err := askPlan(ctx, argv, planTimeout, env...)
	if err != nil {
		return nil, fmt.Errorf("--plan %s: %w", argv[0], err)
	}
	plan, err := parsePlan(data)
	if err != nil {
		return nil, fmt.Errorf("--plan %s: %w", argv[0], err)
	}
	return plan, nil
}

func parsePlan(data []byte) (*quiesce.Plan, error) {
	plan := new(quiesce.Plan)
	switch err := json.Unmarshal(data, plan); {
	case err != nil:
		return nil, fmt.Errorf("no plan: %w", err)
	case plan.Schema == 0 || plan.App == "":
		return nil, errors.New("no plan: it has no schema and no app")
	case plan.Schema != quiesce.PlanSchema:
		return nil, fmt.Errorf("schema %d; this quiesce knows schema %d", plan.Schema, quiesce.PlanSchema)
	case plan.WorstCase < 0 || plan.ReadinessDelay < 0:
		return nil, errors.New("no plan: it has a time that is negative")
	}
	return plan, nil
}
