// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

const (
	stdinName = "<stdin>"
	mostBytes = 256 << 20 // of a file
)

// A found file is to be audited.
type found struct {
	manifest.File
	named     bool // by the user, and not met in a folder
	kind      manifest.Kind
	documents []*manifest.Document
}

// walk finds the files, in the order of the paths, each once.
func walk(o *Options, config *Config, kinds []manifest.Kind) ([]*found, []finding.Problem) {
	w := &walker{config: config, kinds: kinds, seen: map[string]bool{}}
	paths := o.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, p := range paths {
		if p == "-" {
			w.stdin(o.Stdin)
		} else {
			w.path(p)
		}
	}
	return w.files, w.problems
}

type walker struct {
	config   *Config
	kinds    []manifest.Kind
	seen     map[string]bool
	files    []*found
	problems []finding.Problem
}

func (w *walker) stdin(in io.Reader) {
	data, err := io.ReadAll(io.LimitReader(in, mostBytes+1))
	switch {
	case err != nil:
		w.problem(stdinName, err)
	case len(data) > mostBytes:
		w.problem(stdinName, errTooLarge)
	default:
		w.add(&found{File: *manifest.NewFile(stdinName, data), named: true})
	}
}

func (w *walker) path(root string) {
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			w.problem(p, err)
		case d.IsDir():
			if p != root && (skipped(d.Name()) || w.config.ignores(p)) {
				return filepath.SkipDir
			}
		case p == root: // a symbolic link, too, since the user has named it
			w.add(&found{File: manifest.File{Path: p}, named: true})
		case d.Type().IsRegular() && w.candidate(p) && !w.config.ignores(p):
			w.add(&found{File: manifest.File{Path: p}})
		}
		return nil
	})
	if err != nil {
		w.problem(root, err)
	}
}

// skipped are folders that are not the user's own.
func skipped(name string) bool {
	return name == "node_modules" || name == "vendor" || len(name) > 1 && name[0] == '.'
}

func (w *walker) candidate(p string) bool {
	return slices.ContainsFunc(w.kinds, func(k manifest.Kind) bool { return k.Candidate(p) })
}

func (w *walker) add(f *found) {
	if key := filepath.Clean(f.Path); !w.seen[key] {
		w.seen[key] = true
		w.files = append(w.files, f)
	}
}

func (w *walker) problem(file string, err error) {
	w.problems = append(w.problems, problem(file, err))
}

func problem(file string, err error) finding.Problem {
	if e, ok := err.(*fs.PathError); ok {
		err = e.Err // the file is named anyway
	}
	return finding.Problem{File: file, Text: err.Error()}
}

var errTooLarge = fmt.Errorf("larger than %d MiB", mostBytes>>20)

// read reads the file's documents.
func (f *found) read(kinds []manifest.Kind, generic bool) manifest.Content {
	if err := f.load(); err != nil {
		return manifest.Content{Problems: []finding.Problem{problem(f.Path, err)}}
	}
	i := slices.IndexFunc(kinds, func(k manifest.Kind) bool { return k.Recognise(&f.File) })
	if i < 0 {
		if !f.named {
			return manifest.Content{}
		}
		return manifest.Content{Problems: []finding.Problem{{File: f.Path, Text: "of no kind that the audit knows"}}}
	}
	f.kind = kinds[i]
	content := f.kind.Read(&f.File, generic)
	if f.named && len(content.Documents)+len(content.Problems)+len(content.Notes) == 0 {
		content.Notes = []manifest.Note{{File: f.Path, Text: "nothing that the audit knows is in it"}}
	}
	if !f.named && len(content.Problems) > 0 && len(content.Documents) == 0 && !f.ours() {
		return manifest.Content{Notes: []manifest.Note{f.unreadable(content.Problems[0])}}
	}
	return content
}

// ours reports whether a file is of its kind if it can be read. All YAML is given to one kind,
// which knows better.
func (f *found) ours() bool {
	k, guesses := f.kind.(interface{ Ours(*manifest.File) bool })
	return !guesses || k.Ours(&f.File)
}

// unreadable says that a file that was met in a folder cannot be read. It is not of a
// kind that the audit knows, as far as can be seen, and then that is no fault.
func (f *found) unreadable(p finding.Problem) manifest.Note {
	return manifest.Note{File: p.File, Line: p.Line, Text: "cannot be read, and does not look like a manifest: " + p.Text}
}

func (f *found) load() error {
	if f.Data != nil || f.Path == stdinName {
		return nil
	}
	info, err := os.Stat(f.Path)
	if err != nil {
		return err
	}
	if info.Size() > mostBytes {
		return errTooLarge
	}
	in, err := os.Open(f.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, mostBytes+1)) // a device has no size
	if err == nil && len(data) > mostBytes {
		err = errTooLarge
	}
	if err == nil {
		f.File = *manifest.NewFile(f.Path, data)
	}
	return err
}

// ignores reports whether a path matches one of the patterns: a whole path or its
// beginning, "*" for a part, "**" for any number of them.
func (c *Config) ignores(p string) bool {
	parts := strings.Split(filepath.ToSlash(filepath.Clean(p)), "/")
	return slices.ContainsFunc(c.Ignore, func(pattern string) bool {
		return matches(strings.Split(strings.Trim(path.Clean(pattern), "/"), "/"), parts)
	})
}

func matches(pattern, parts []string) bool {
	switch {
	case len(pattern) == 0:
		return true
	case pattern[0] == "**":
		for i := range len(parts) + 1 {
			if matches(pattern[1:], parts[i:]) {
				return len(pattern) > 1 || i < len(parts)
			}
		}
		return false
	case len(parts) == 0:
		return false
	}
	ok, err := path.Match(pattern[0], parts[0])
	return err == nil && ok && matches(pattern[1:], parts[1:])
}
