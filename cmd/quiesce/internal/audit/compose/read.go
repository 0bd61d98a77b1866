// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/strict"
)

// A file is what we know of a compose file: its services by name, each a mapping of which
// only some fields are of interest.
type file struct {
	services map[string]map[string]any
	tags     map[[2]string]string // by service and field
	includes []include
}

// An include is another file of which the services are to be there, too.
type include struct {
	path string
	line int
}

// Tags that say what becomes of the same field in the files that this one is merged into.
const (
	reset    = "!reset"    // it is taken out
	override = "!override" // it is replaced, and not merged
)

// Read reads a compose file.
func (Kind) Read(f *manifest.File, generic bool) manifest.Content {
	var out manifest.Content
	fail := func(err error) { out.Problems = append(out.Problems, strict.Problem(f.Path, err)) }
	for _, part := range strict.Split(f.Data) {
		node, err := part.Parse()
		if err != nil {
			fail(err)
			continue
		}
		n := strict.Child(node, "services")
		o := &file{tags: map[[2]string]string{}, includes: includes(strict.Child(node, "include"), part.Line)}
		if n == nil && len(o.includes) == 0 {
			continue
		}
		doc := &manifest.Document{File: f.Path, Line: part.Line + 1, Type: "compose", Name: filepath.Base(f.Path), Object: o, Places: new(strict.Places)}
		if n != nil {
			places, errs := part.Decode(o.withoutTags(n), &o.services)
			for _, err := range errs {
				fail(err)
			}
			doc.Line, doc.Places = part.Line+n.Line, places
		}
		if generic {
			doc.Generic = part.Generic(node)
		}
		out.Documents = append(out.Documents, doc)
	}
	return out
}

// withoutTags leaves out what is only there to take something away, and remembers it.
func (o *file) withoutTags(services *yaml.Node) *yaml.Node {
	return tagged(services, func(service, val *yaml.Node) *yaml.Node {
		if o.tag(val, service.Value, "") {
			return nil
		}
		return tagged(val, func(field, val *yaml.Node) *yaml.Node {
			if o.tag(val, service.Value, field.Value) {
				return nil
			}
			return val
		})
	})
}

// tagged returns a mapping with other values, and without those of which nothing is left.
func tagged(n *yaml.Node, value func(key, val *yaml.Node) *yaml.Node) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return n
	}
	out := *n
	out.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		if val := value(n.Content[i], n.Content[i+1]); val != nil {
			out.Content = append(out.Content, n.Content[i], val)
		}
	}
	return &out
}

// tag remembers a tag, and reports whether the value is to be left out.
func (o *file) tag(n *yaml.Node, service, field string) bool {
	if n.Tag == reset || n.Tag == override {
		o.tags[[2]string{service, field}] = n.Tag
	}
	return n.Tag == reset
}

// includes reads the files of include: paths, or mappings that have one or several.
func includes(n *yaml.Node, before int) []include {
	if n == nil {
		return nil
	}
	var out []include
	switch n.Kind {
	case yaml.ScalarNode:
		out = append(out, include{n.Value, before + n.Line})
	case yaml.MappingNode:
		out = includes(strict.Child(n, "path"), before)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			out = append(out, includes(item, before)...)
		}
	}
	return out
}
