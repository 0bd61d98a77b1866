// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"runtime"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/strict"
)

// fewParts is how many documents a goroutine is worth.
const fewParts = 32

// Read reads the documents of a file, those of a large one in several goroutines.
func (Kind) Read(f *manifest.File, generic bool) manifest.Content {
	parts := strict.Split(f.Data)
	readers := make([]reader, len(parts))
	var wg sync.WaitGroup
	chunk := max(fewParts, (len(parts)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	for start := 0; start < len(parts); start += chunk {
		wg.Go(func() {
			for i := start; i < min(start+chunk, len(parts)); i++ {
				readers[i] = reader{file: f.Path, part: parts[i], generic: generic}
				readers[i].read()
			}
		})
	}
	wg.Wait()
	return join(f, readers)
}

// join puts what was read together. A template is said once for its file, and what is
// malformed in it then means nothing.
func join(f *manifest.File, readers []reader) manifest.Content {
	var out manifest.Content
	for i := range readers {
		r := &readers[i]
		if r.template > 0 || len(r.out.Problems) > 0 && isTemplate(r.part.Data) {
			line := max(r.template, r.part.Line+1)
			return manifest.Content{Notes: []manifest.Note{templateNote(f.Path, line)}}
		}
		out.Documents = append(out.Documents, r.out.Documents...)
		out.Problems = append(out.Problems, r.out.Problems...)
		out.Notes = append(out.Notes, r.out.Notes...)
	}
	return out
}

// A reader reads one part of a file.
type reader struct {
	file     string
	part     strict.Part
	generic  bool
	template int // the line of an object that is a template
	out      manifest.Content
}

func (r *reader) read() {
	node, err := r.part.Parse()
	if err != nil {
		r.problem(err)
		return
	}
	switch {
	case node == nil:
	case node.Kind == yaml.SequenceNode: // of objects, as jq -s makes it
		for _, n := range node.Content {
			r.object(n, kindOf{})
		}
	default:
		r.object(node, kindOf{})
	}
}

func (r *reader) problem(err error) {
	r.out.Problems = append(r.out.Problems, strict.Problem(r.file, err))
}

// object reads an object; of says what those of a list are that do not say it.
func (r *reader) object(n *yaml.Node, of kindOf) {
	k := kindOf{strict.Text(n, "apiVersion"), strict.Text(n, "kind")}
	if k == (kindOf{}) {
		k = of
	}
	if item, ok := listItem(k); ok {
		r.list(n, item)
		return
	}
	make, ok := types[k]
	switch version, old := replacement(k); {
	case ok:
		r.known(n, k, make())
	case old:
		r.note(n, "the version "+k.apiVersion+" of "+k.kind+" is not served any more, and not audited", "write apiVersion: "+version)
	case meant(k) != kindOf{} && strict.Child(n, "spec") != nil: // values of a chart have a kind, too
		m := meant(k)
		r.note(n, fmt.Sprintf("apiVersion %q and kind %q are not known, and not audited", k.apiVersion, k.kind), fmt.Sprintf("write apiVersion: %s and kind: %s", m.apiVersion, m.kind))
	case r.generic && k.kind != "" && k.apiVersion != "":
		r.document(n, k, nil, new(strict.Places))
	}
}

// list reads the items of a list.
func (r *reader) list(n *yaml.Node, of kindOf) {
	all := strict.Child(n, "items")
	switch {
	case all == nil || all.ShortTag() == "!!null":
	case all.Kind != yaml.SequenceNode:
		r.problem(&strict.Error{Line: r.part.Line + all.Line, Text: "items: want a list"})
	default:
		for i, item := range all.Content {
			if item.Kind == yaml.AliasNode {
				item = item.Alias
			}
			if item.Kind != yaml.MappingNode {
				r.problem(&strict.Error{Line: r.part.Line + item.Line, Text: fmt.Sprintf("items[%d]: want a mapping", i)})
				continue
			}
			r.object(item, of)
		}
	}
}

func (r *reader) known(n *yaml.Node, k kindOf, object any) {
	if isTemplate(r.part.Data) || strings.Contains(strict.Text(strict.Child(n, "metadata"), "name"), "{{") {
		r.template = r.part.Line + n.Line
		return
	}
	if why := isPatch(n, k); why != "" {
		r.note(n, k.kind+" is a patch, not the whole: "+why, "audit what it makes: kustomize build DIR | quiesce audit -")
		return
	}
	places, errs := r.part.Decode(n, object)
	for _, err := range errs {
		r.problem(err)
	}
	r.document(n, k, object, places)
}

func (r *reader) document(n *yaml.Node, k kindOf, object any, places *strict.Places) {
	doc := &manifest.Document{File: r.file, Line: r.part.Line + n.Line, Type: k.kind, Name: k.kind, Object: object, Places: places}
	meta := strict.Child(n, "metadata")
	if name := strict.Text(meta, "name"); name != "" {
		doc.Name += " " + name
		if ns := strict.Text(meta, "namespace"); ns != "" {
			doc.Name = k.kind + " " + ns + "/" + name
		}
	}
	if r.generic {
		doc.Generic = r.part.Generic(n)
	}
	r.out.Documents = append(r.out.Documents, doc)
}

func (r *reader) note(n *yaml.Node, text, fix string) {
	r.out.Notes = append(r.out.Notes, manifest.Note{File: r.file, Line: r.part.Line + n.Line, Text: text, Fix: fix})
}
