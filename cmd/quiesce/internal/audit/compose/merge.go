// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// A field is the value of one of a service, with the document and the service that
// it is from.
type field struct {
	value   any
	doc     *manifest.Document
	service string
}

// service returns a service with what it extends. The ones that extend each other up to it
// are those of the way.
func (b *builder) service(d *manifest.Document, name string, way []string) *service {
	s := &service{doc: d, name: name, fields: map[string]field{}}
	values := d.Object.(*file).services[name]
	if e, ok := values["extends"]; ok {
		if base, why := b.extended(d, e, append(way, id(d, name))); base != nil {
			s.fields, s.partly = maps.Clone(base.fields), base.partly
		} else {
			s.partly = true
			line, _ := d.Places.At(name, "extends")
			b.note(d, line, fmt.Sprintf("service %s is audited in part only: %s", name, why), "")
		}
	}
	own := &service{doc: d, name: name, fields: map[string]field{}}
	for key, value := range values {
		if key == "build" {
			value = located(value, filepath.Dir(d.File))
		}
		own.fields[key] = field{value, d, name}
	}
	for at, tag := range d.Object.(*file).tags {
		if at[0] == name && tag == reset {
			delete(s.fields, at[1])
		}
	}
	s.merge(own)
	return s
}

func id(d *manifest.Document, name string) string { return filepath.Clean(d.File) + "\x00" + name }

const mostExtends = 50 // one after the other

// extended returns the service that an "extends" is of, or why it cannot be had.
func (b *builder) extended(d *manifest.Document, extends any, way []string) (*service, string) {
	name, from := "", ""
	switch e := extends.(type) {
	case string:
		name = e
	case map[string]any:
		name, _ = e["service"].(string)
		from, _ = e["file"].(string)
	}
	docs := b.files[filepath.Clean(d.File)]
	switch {
	case name == "" || strings.Contains(name+from, "$"):
		return nil, "what it extends is not known"
	case len(way) > mostExtends:
		return nil, "it extends too many others"
	case from != "" && !filepath.IsAbs(from):
		from = filepath.Join(filepath.Dir(d.File), from)
	}
	if from != "" {
		if docs = b.load(from); len(docs) == 0 {
			return nil, from + ", which it extends, cannot be read"
		}
	}
	for _, d := range docs {
		if _, ok := d.Object.(*file).services[name]; !ok {
			continue
		}
		if slices.Contains(way, id(d, name)) {
			return nil, "it extends itself"
		}
		return b.service(d, name, way), ""
	}
	return nil, fmt.Sprintf("there is no service %s to extend", name)
}

// load reads a file that another refers to, if it is not among those of the run.
func (b *builder) load(path string) []*manifest.Document {
	path = filepath.Clean(path)
	if docs, ok := b.files[path]; ok {
		return docs
	}
	var docs []*manifest.Document
	if f := b.world.Refer(path); f != nil {
		if c := (Kind{}).Read(f, false); len(c.Problems) == 0 {
			docs = c.Documents
		}
	}
	b.files[path] = docs
	return docs
}

// merge merges a service into one of the same name, or of one that it extends.
func (s *service) merge(over *service) {
	tags := over.doc.Object.(*file).tags
	for key, f := range over.fields {
		if have, ok := s.fields[key]; ok && tags[[2]string{over.name, key}] != override {
			if f.value == nil {
				continue
			}
			f.value = merged(key, have.value, f.value)
		}
		s.fields[key] = f
	}
	s.partly = s.partly || over.partly
}

// merged merges a value of a field as compose does: mappings key by key, lists one after the
// other; a command is replaced.
func merged(key string, base, over any) any {
	switch key {
	case "command", "entrypoint":
		return over
	case "environment":
		base, over = mapping(base, "="), mapping(over, "=")
	case "depends_on":
		base, over = mapping(base, ""), mapping(over, "")
	}
	return deep(base, over)
}

func deep(base, over any) any {
	switch over := over.(type) {
	case map[string]any:
		base, ok := base.(map[string]any)
		if !ok {
			return over
		}
		out := maps.Clone(base)
		for k, v := range over {
			if have, ok := out[k]; ok {
				v = deep(have, v)
			}
			out[k] = v
		}
		return out
	case []any:
		if base, ok := base.([]any); ok {
			return slices.Concat(base, over)
		}
	case nil:
		return base
	}
	return over
}

// mapping makes a mapping of a list, of which the items have a value after the sign.
func mapping(v any, sign string) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	out := map[string]any{}
	for _, item := range list {
		key := fmt.Sprint(item)
		if sign == "" {
			out[key] = nil
		} else if name, value, ok := strings.Cut(key, sign); ok {
			out[name] = value
		}
	}
	return out
}
