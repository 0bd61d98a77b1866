// SPDX-License-Identifier: Apache-2.0

package dockerfile

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// A copied is what COPY or ADD puts into an image.
type copied struct {
	sources  []string
	contents []instructions.SourceContent // of here-documents
	dest     string                       // absolute
	folder   bool                         // dest is one
	from     int                          // the stage; -1 is the context, -2 another image
	line     int
}

func (t *target) copied(s instructions.SourcesAndDest, from string, stage, line int) copied {
	c := copied{contents: s.SourceContents, from: -1, line: line}
	for _, src := range s.SourcePaths {
		c.sources = append(c.sources, t.expand(src))
	}
	if from != "" {
		if c.from = t.file.stageOf(from, stage); c.from < 0 {
			c.from = -2
		}
	}
	dest := t.expand(s.DestPath)
	c.folder = strings.HasSuffix(dest, "/") || dest == "." || strings.HasSuffix(dest, "/.") || len(c.sources)+len(c.contents) > 1
	c.dest = t.absolute(dest)
	return c
}

// A script is a file of an image.
type script struct {
	name string // as messages name it
	text string
	doc  *manifest.Document
	line int // of the document, before its first
}

// script finds the file that a command runs, if it is in the Dockerfile or in the context of
// the build.
func (t *target) script(name string) (script, bool) {
	if strings.Contains(name, "/") {
		return t.find(t.absolute(name), 0)
	}
	for _, folder := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		if s, ok := t.find(path.Join(folder, name), 0); ok {
			return s, true
		}
	}
	return script{}, false
}

const mostStages = 10 // that a file is copied through

func (t *target) find(name string, depth int) (script, bool) {
	for i := len(t.copies) - 1; i >= 0 && depth < mostStages; i-- {
		c := &t.copies[i]
		for _, content := range c.contents {
			if c.dest == name && !c.folder || path.Join(c.dest, content.Path) == name {
				return script{content.Path, content.Data, t.doc, c.line}, true
			}
		}
		for _, src := range c.sources {
			for _, p := range c.origins(src, name) {
				if s, ok := t.read(c, p, depth); ok {
					return s, true
				}
			}
		}
	}
	return script{}, false
}

// origins are what of a source a file of the image may be.
func (c *copied) origins(src, name string) []string {
	if src == "" || strings.ContainsAny(src, "*?[") || strings.Contains(src, "://") {
		return nil
	}
	var out []string
	if c.dest == name && !c.folder {
		out = append(out, src)
	}
	if path.Join(c.dest, path.Base(src)) == name {
		out = append(out, src)
	}
	if rest, ok := strings.CutPrefix(name, strings.TrimSuffix(c.dest, "/")+"/"); ok {
		out = append(out, path.Join(src, rest))
	}
	return out
}

// read reads a file of the context, or of the stage that it is copied from.
func (t *target) read(c *copied, name string, depth int) (script, bool) {
	switch {
	case c.from == -2:
		return script{}, false
	case c.from >= 0:
		other := t.file.target(t.doc, t.world, c.from)
		return other.find(other.absolute(name), depth+1)
	}
	for _, root := range contexts(t.doc.File) {
		if f := t.world.Refer(filepath.Join(root, filepath.FromSlash(path.Clean("/"+name)))); f != nil {
			name := filepath.Base(f.Path)
			doc := &manifest.Document{File: f.Path, Line: 1, Type: "script", Name: name, Places: manifest.Lines{}}
			return script{name, string(f.Data), doc, 0}, true
		}
	}
	return script{}, false
}

const mostUp = 4 // folders from a Dockerfile to its context

// contexts are the folders that may be the context of the build: that of the Dockerfile and those
// above, up to the root of the repository.
func contexts(file string) []string {
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil || strings.HasPrefix(file, "<") {
		return nil
	}
	relative := filepath.Dir(file)
	var out []string
	for range mostUp {
		out = append(out, relative)
		for _, root := range []string{".git", "go.mod", "package.json"} {
			if _, err := os.Stat(filepath.Join(dir, root)); err == nil {
				return out
			}
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir, relative = filepath.Dir(dir), filepath.Join(relative, "..")
	}
	return out
}
