// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// mend does what it can about what the go command misses, as it says on stderr, and
// reports whether to try again.
func (p *program) mend(ctx context.Context, dir, stderr string) (bool, error) {
	placed, placeErr := placeholders(dir, stderr)
	dropped, dropErr := dropReplacements(ctx, dir, stderr)
	return placed || dropped || p.withoutC(stderr), errors.Join(placeErr, dropErr)
}

// withoutC turns cgo off where a library for C is not on this machine: programs that can
// do without it then build without what needs it.
func (p *program) withoutC(stderr string) bool {
	if !strings.Contains(stderr, "was not found in the pkg-config search path") || slices.Contains(p.env, noC) {
		return false
	}
	p.env = append(p.env, noC)
	return true
}

const noC = "CGO_ENABLED=0"

// elsewhere is how the go command says that a module is replaced by a folder beside its
// own, which is in its repository and not in the module.
var elsewhere = regexp.MustCompile(`(?m)(\S+)@\S+: replacement directory \S+ does not exist$`)

// dropReplacements has the go command take the modules from the proxy that are replaced
// by folders that are not there, and reports whether there were such.
func dropReplacements(ctx context.Context, dir, stderr string) (bool, error) {
	args := []string{"mod", "edit"}
	for _, m := range elsewhere.FindAllStringSubmatch(stderr, -1) {
		if drop := "-dropreplace=" + m[1]; !slices.Contains(args, drop) {
			args = append(args, drop)
		}
	}
	if len(args) == 2 {
		return false, nil
	}
	_, err := goCommand(ctx, dir, nil, args...)
	return err == nil, err
}

// missing is how the go command says that there is nothing to embed. Front ends are
// often built before, and not part of the module.
var missing = regexp.MustCompile(`(?m)^(\S+\.go):\d+:\d+: pattern (?:all:)?(\S+): no matching files found$`)

// placeholders puts a file where one is to be embedded, for each that the go command
// misses in a folder, and reports whether there were such.
func placeholders(dir, stderr string) (bool, error) {
	found := missing.FindAllStringSubmatch(stderr, -1)
	for _, m := range found {
		source := m[1]
		if !filepath.IsAbs(source) {
			source = filepath.Join(dir, source)
		}
		pattern := strings.NewReplacer("*", "x", "?", "x").Replace(m[2])
		file := filepath.Join(filepath.Dir(source), filepath.FromSlash(pattern))
		if filepath.Ext(file) == "" { // a folder
			file = filepath.Join(file, "placeholder")
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return false, err
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			return false, err
		}
	}
	return len(found) > 0, nil
}
