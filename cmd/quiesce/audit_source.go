// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/vet"
)

// readSources finds out which signals the programs of each flag handle.
func readSources(ctx context.Context, flags []string) ([]*manifest.Source, error) {
	var sources []*manifest.Source
	for _, flag := range flags {
		name, pattern, ok := strings.Cut(flag, "=")
		if !ok || strings.ContainsAny(name, "/\\. ") {
			name, pattern = "", flag
		}
		if pattern == "" || strings.HasPrefix(pattern, "-") {
			return nil, wrongAudit(fmt.Errorf("--source %q: want packages", flag))
		}
		programs, problems, err := vet.Programs(ctx, pattern)
		switch {
		case err != nil:
			return nil, fmt.Errorf("audit: --source %s: %w", pattern, err)
		case len(problems) > 0:
			p := problems[0]
			return nil, &codedError{fmt.Errorf("audit: --source %s: %s", pattern, strings.TrimPrefix(fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text), ":0: ")), codeTarget}
		case len(programs) == 0:
			return nil, wrongAudit(fmt.Errorf("--source %s: no package main", pattern))
		case len(programs) > 1 && name != "":
			return nil, wrongAudit(fmt.Errorf("--source %s: %d programs; want one for a name", flag, len(programs)))
		}
		for _, p := range programs {
			sources = append(sources, &manifest.Source{
				Name: name, Path: p.Package, Takes: p.Takes, Ignores: p.Ignores, All: p.All, Perhaps: p.Perhaps, Unknown: p.Unknown,
			})
		}
	}
	return sources, nil
}
