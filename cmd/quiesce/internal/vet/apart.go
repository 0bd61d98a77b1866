// SPDX-License-Identifier: Apache-2.0

package vet

import (
	"context"
	"go/version"
	"os/exec"
	"strings"
)

// apartFlags returns the flag that keeps the packages that are asked for apart from those that
// are looked at for their facts, where the go command needs it.
//
// From 1.26 on it keeps what a tool prints. The first releases do not tell the two kinds from
// each other: a package that was looked at for its facts, as one that was asked for imports
// it, has no findings when it is asked for itself. "vet ./cmd/shop" would hide what "vet
// ./..." is to find. Flags of the compiler are for the packages that are asked for, and
// results are kept by them; -e has more errors printed, and changes nothing else. What is left
// is a package of which all tests in the package itself were taken away.
func (c *Config) apartFlags(ctx context.Context) []string {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	cmd.Dir = c.Dir
	release, err := cmd.Output()
	if err != nil || !mixesFacts(string(release)) { // an error comes again, and is told, with go vet
		return nil
	}
	return []string{"-gcflags=-e"}
}

// mixesFacts reports whether a release of the go command, as "go env GOVERSION" names it,
// does not tell the two kinds of packages from each other.
func mixesFacts(release string) bool {
	release, _, _ = strings.Cut(strings.TrimSpace(release), "-") // go1.26.8-X:experiment
	from := func(first, fixed string) bool {
		return version.Compare(release, first) >= 0 && version.Compare(release, fixed) < 0
	}
	return from("go1.26rc1", "go1.26.9") || from("go1.27rc1", "go1.27.2")
}
