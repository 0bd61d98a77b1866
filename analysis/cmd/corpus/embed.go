// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

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
