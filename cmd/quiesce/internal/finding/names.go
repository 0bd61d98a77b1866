// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"os"
	"path/filepath"
)

// Names gives files the names that a user expects.
type Names struct {
	dir  string // absolute
	root string // of the repository
}

// NewNames returns the names for a user in the working directory, who looks at what is
// in dir or below; empty is the working directory.
func NewNames(dir string) (Names, error) {
	wd, err := os.Getwd()
	if err != nil {
		return Names{}, err
	}
	start := dir
	if !filepath.IsAbs(dir) {
		start = filepath.Join(wd, dir)
	}
	return Names{wd, repository(start)}, nil
}

// repository returns the folder with version control information that dir is in, or dir
// if it is in none.
func repository(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		for _, name := range []string{".git", ".hg", ".jj", ".svn"} {
			if _, err := os.Stat(filepath.Join(at, name)); err == nil {
				return at
			}
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// Name returns the name of a file: relative to the working directory if the file is
// there, below, or in the same repository, and otherwise absolute.
func (n Names) Name(file string) string {
	if file == "" {
		return ""
	}
	abs := file
	if !filepath.IsAbs(file) {
		abs = filepath.Join(n.dir, file)
	}
	if rel := Relative(n.dir, abs); rel != abs {
		return rel
	}
	if Relative(n.root, abs) == abs || Relative(n.root, n.dir) == n.dir {
		return abs
	}
	rel, err := filepath.Rel(n.dir, abs)
	if err != nil {
		return abs
	}
	return rel
}

// Root returns the value for [Report.Root].
func (n Names) Root() string { return n.root }
