// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// The files that compose takes if none is named, each the first that is there, and merges.
var (
	baseNames     = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	overrideNames = []string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)

// A project is the services of files that are merged.
type project struct {
	world    *manifest.World
	services []*service
}

// A builder makes projects of the documents of a run.
type builder struct {
	world *manifest.World
	files map[string][]*manifest.Document // by their clean paths
	notes map[manifest.Note]bool          // that were said
}

// build returns the services of all projects. A file that compose does not take by its name is
// a project of its own.
func build(docs []*manifest.Document, world *manifest.World) []*service {
	b := &builder{world: world, files: map[string][]*manifest.Document{}, notes: map[manifest.Note]bool{}}
	var paths []string
	for _, d := range docs {
		path := filepath.Clean(d.File)
		if _, there := b.files[path]; !there {
			paths = append(paths, path)
		}
		b.files[path] = append(b.files[path], d)
	}
	var all []*service
	for _, path := range paths {
		b.included(path)
		layers := b.files[path]
		base := b.first(filepath.Dir(path), baseNames)
		over := b.first(filepath.Dir(path), overrideNames)
		switch {
		case path == base && over != "":
			layers = slices.Concat(layers, b.files[over])
		case path == over && base != "":
			continue // with its base
		}
		p := b.project(layers)
		if path != base {
			p.perhapsMerged(b.files[base])
		}
		all = append(all, p.services...)
	}
	return all
}

// first returns the first of the names that is in a folder, "" if there is none.
func (b *builder) first(folder string, names []string) string {
	for _, name := range names {
		if path := filepath.Join(folder, name); len(b.files[path]) > 0 {
			return path
		}
	}
	return ""
}

// project merges documents, each into those before it.
func (b *builder) project(layers []*manifest.Document) *project {
	p := &project{world: b.world}
	byName := map[string]*service{}
	for _, d := range layers {
		o := d.Object.(*file)
		for _, name := range slices.Sorted(maps.Keys(o.services)) {
			next := b.service(d, name, nil)
			switch have := byName[name]; {
			case have == nil:
				byName[name] = next
			case o.tags[[2]string{name, ""}] == override:
				*have = *next
			default:
				have.merge(next)
			}
		}
		for at, tag := range o.tags {
			if s := byName[at[0]]; s != nil && tag == reset {
				if delete(s.fields, at[1]); at[1] == "" {
					delete(byName, at[0])
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		s := byName[name]
		_, image := s.fields["image"]
		_, build := s.fields["build"]
		s.project, s.whole = p, !s.partly && (image || build)
		s.image = s.built()
		p.services = append(p.services, s)
	}
	return p
}

// perhapsMerged is for a file that may be one to be merged into another of its folder with
// --file: what is not set in it may be set there.
func (p *project) perhapsMerged(base []*manifest.Document) {
	for _, s := range p.services {
		name := filepath.Base(s.doc.File)
		in := func(d *manifest.Document) bool { _, ok := d.Object.(*file).services[s.name]; return ok }
		if isOverride(name) || slices.ContainsFunc(base, in) {
			s.whole = false
		}
	}
}

// included notes the files that are included and not among those of the run.
func (b *builder) included(path string) {
	for _, d := range b.files[path] {
		for _, i := range d.Object.(*file).includes {
			if len(b.files[filepath.Join(filepath.Dir(path), i.path)]) == 0 {
				b.note(d, i.line, fmt.Sprintf("%s is included, and not audited", i.path), "audit it, too")
			}
		}
	}
}

func (b *builder) note(d *manifest.Document, line int, text, fix string) {
	n := manifest.Note{File: d.File, Line: line, Text: text, Fix: fix}
	if !b.notes[n] {
		b.notes[n] = true
		b.world.Note(n)
	}
}
