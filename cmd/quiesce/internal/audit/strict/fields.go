// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/nearest"
)

// known has the fields of the types that were met: map[string][]int by reflect.Type.
var known sync.Map

// fieldsOf returns the fields of a struct by their names in JSON, with those of structs
// that are inline.
func fieldsOf(t reflect.Type) map[string][]int {
	if f, ok := known.Load(t); ok {
		return f.(map[string][]int)
	}
	fields := map[string][]int{}
	for f := range visible(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = f.Index
	}
	known.Store(t, fields)
	return fields
}

// visible yields the fields that have a name in JSON.
func visible(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.IsExported() && name != "" && name != "-" && !yield(f) {
				return
			}
		}
	}
}

// unknown says that there is no such field, and which may have been meant.
func unknown(name string, fields map[string][]int, at *path) string {
	text := fmt.Sprintf("no field is called %q", name)
	if at != nil {
		text = fmt.Sprintf("%s: %s", at, text)
	}
	names := make([]string, 0, len(fields))
	for f := range fields {
		names = append(names, f)
	}
	slices.Sort(names)
	if near := nearest.Of(name, names); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return text
}

// pairs calls yield for each key of a mapping: its own, and then those that it merges
// from others by "<<" and has not itself. A key that is there twice is wrong.
func (d *decoder) pairs(n *yaml.Node, at *path, yield func(key, val *yaml.Node)) {
	seen := make(map[string]int, len(n.Content)/2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		first, twice := seen[key.Value]
		switch {
		case key.ShortTag() == "!!merge":
			merged = append(merged, val)
		case key.Kind != yaml.ScalarNode:
			d.fail(key, "%s: a key is %s", at, shown(key))
		case twice:
			d.fail(key, "%s is there twice, first in line %d", &path{at, "." + key.Value}, d.base+first)
		default:
			seen[key.Value] = key.Line
			yield(key, val)
		}
	}
	for _, m := range merged {
		d.merge(m, at, seen, yield)
	}
}

// merge yields the keys of what is merged, a mapping or a list of them, that are not in
// seen.
func (d *decoder) merge(n *yaml.Node, at *path, seen map[string]int, yield func(key, val *yaml.Node)) {
	n = d.enter(n, at)
	defer func() { d.depth-- }()
	switch {
	case n == nil:
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			d.merge(item, at, seen, yield)
		}
	case n.Kind != yaml.MappingNode:
		d.mismatch(n, "a mapping to merge", at)
	default:
		d.pairs(n, at, func(key, val *yaml.Node) {
			if _, ok := seen[key.Value]; !ok {
				seen[key.Value] = key.Line
				yield(key, val)
			}
		})
	}
}
