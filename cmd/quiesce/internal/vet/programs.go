// SPDX-License-Identifier: Apache-2.0

package vet

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-quiesce/quiesce/analysis/handled"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// Programs returns what the programs among the packages do with signals, and what does not
// build.
func Programs(ctx context.Context, packages ...string) ([]handled.Program, []finding.Problem, error) {
	c := &Config{Packages: packages, Checks: []string{handled.Analyzer.Name}}
	stdout, stderr, failed, err := c.goVet(ctx, "-json")
	if err != nil {
		return nil, nil, err
	}
	names, err := finding.NewNames("")
	if err != nil {
		return nil, nil, err
	}
	p := parser{names: names, tests: true, sources: map[string][]byte{}}
	text := append(p.units(stdout), p.units(stderr)...)
	if failed {
		p.problems(p.crashes(text))
	}
	if p.err != nil || failed {
		return nil, p.notBuilt, p.err
	}
	var out []handled.Program
	for _, f := range p.found {
		var program handled.Program
		if err := json.Unmarshal([]byte(f.Message), &program); err != nil {
			return nil, nil, fmt.Errorf("what go vet prints: %w", err)
		}
		same := func(other handled.Program) bool { return other.Package == program.Package }
		if !slices.ContainsFunc(out, same) { // it is looked at again with its tests
			out = append(out, program)
		}
	}
	return out, nil, nil
}
