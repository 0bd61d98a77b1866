// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unique"

	"go.yaml.in/yaml/v3"
)

const (
	mostDepth = 100       // of a document; those of Kubernetes reach 20
	mostNodes = 1_000_000 // of a document with its aliases written out
)

// Decode reads a document into the struct that into points to, and returns where its
// parts are and what is wrong. What is right is read in any case. Part is that of which
// the node is.
func (p Part) Decode(n *yaml.Node, into any) (*Places, []*Error) {
	d := &decoder{base: p.Line}
	places := new(Places)
	places.root = d.place(n)
	d.value(n, reflect.ValueOf(into).Elem(), &places.root, nil)
	return places, d.errs
}

type decoder struct {
	base  int // lines before the document
	nodes int
	depth int
	errs  []*Error
}

// A path is where in a document we are, for messages.
type path struct {
	up  *path
	key string // ".spec" or "[0]"
}

func (p *path) String() string {
	if p == nil {
		return "the document"
	}
	var b strings.Builder
	p.write(&b)
	return strings.TrimPrefix(b.String(), ".")
}

func (p *path) write(b *strings.Builder) {
	if p != nil {
		p.up.write(b)
		b.WriteString(p.key)
	}
}

// mostErrors is how many mistakes of a document are said.
const mostErrors = 50

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	if len(d.errs) == mostErrors {
		format, args = "and more, which is not said", nil
	}
	if len(d.errs) > mostErrors {
		return
	}
	d.errs = append(d.errs, &Error{Line: d.base + n.Line, Text: fmt.Sprintf(format, args...)})
}

func (d *decoder) place(n *yaml.Node) place {
	return place{line: int32(d.base + n.Line), column: int32(n.Column)}
}

// enter follows aliases, and refuses documents that would never end.
func (d *decoder) enter(n *yaml.Node, at *path) *yaml.Node {
	d.nodes++
	d.depth++
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if d.depth > mostDepth || d.nodes > mostNodes {
		if d.nodes <= mostNodes || d.nodes == mostNodes+1 {
			d.fail(n, "%s: too deep, or too large with its aliases written out", at)
		}
		d.nodes = max(d.nodes, mostNodes+1) // one such message is enough
		return nil
	}
	return n
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// value reads a node into v, which is addressable.
func (d *decoder) value(n *yaml.Node, v reflect.Value, pl *place, at *path) {
	n = d.enter(n, at)
	defer func() { d.depth-- }()
	if n == nil || n.ShortTag() == "!!null" {
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if v.Kind() != reflect.Interface && v.Addr().Type().Implements(unmarshaler) {
		d.throughJSON(n, v, at)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, pl, at)
	case reflect.Map:
		d.mapping(n, v, pl, at)
	case reflect.Slice:
		d.sequence(n, v, pl, at)
	case reflect.Interface:
		if g := d.generic(n, at); g != nil {
			v.Set(reflect.ValueOf(g))
		}
	default:
		d.scalar(n, v, at)
	}
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, pl *place, at *path) {
	if n.Kind != yaml.MappingNode {
		d.mismatch(n, "a mapping", at)
		return
	}
	fields := fieldsOf(v.Type())
	d.pairs(n, at, func(key, val *yaml.Node) {
		index, ok := fields[key.Value]
		if !ok {
			d.fail(key, "%s", unknown(key.Value, fields, at))
			return
		}
		kid := d.key(key)
		d.value(val, v.FieldByIndex(index), &kid, &path{at, "." + key.Value})
		pl.keys = append(pl.keys, kid)
	})
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, pl *place, at *path) {
	if n.Kind != yaml.MappingNode {
		d.mismatch(n, "a mapping", at)
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Content)/2))
	d.pairs(n, at, func(key, val *yaml.Node) {
		kid := d.key(key)
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(val, item, &kid, &path{at, "." + key.Value})
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), item)
		pl.keys = append(pl.keys, kid)
	})
}

func (d *decoder) sequence(n *yaml.Node, v reflect.Value, pl *place, at *path) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		d.throughJSON(n, v, at) // base64
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.mismatch(n, "a list", at)
		return
	}
	if len(n.Content) > mostNodes-d.nodes { // before there is room for all
		d.enter(n, at)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	pl.items = make([]place, len(n.Content))
	for i, item := range n.Content {
		pl.items[i] = d.place(item)
		d.value(item, v.Index(i), &pl.items[i], &path{at, "[" + strconv.Itoa(i) + "]"})
	}
}

// key is the place of a key.
func (d *decoder) key(n *yaml.Node) place {
	p := d.place(n)
	p.key = unique.Make(n.Value)
	return p
}

// throughJSON is for types that know how they are written in JSON.
func (d *decoder) throughJSON(n *yaml.Node, v reflect.Value, at *path) {
	data, err := json.Marshal(d.generic(n, at))
	if err == nil {
		err = json.Unmarshal(data, v.Addr().Interface())
	}
	if err != nil {
		d.fail(n, "%s: %s: want %s", at, shown(n), kindOf(v.Type()))
	}
}

// mismatch tells of a value of another kind.
func (d *decoder) mismatch(n *yaml.Node, want string, at *path) {
	d.fail(n, "%s: want %s, got %s", at, want, shown(n))
}

// mostShown bounds what of a value is in a message.
const mostShown = 60

func shown(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	text := n.Value
	if len(text) > mostShown {
		text = strings.ToValidUTF8(text[:mostShown], "") + "…"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "the number " + text
	case "!!bool":
		return "the boolean " + text
	}
	return strconv.Quote(text)
}

// kindOf names a type for a message.
func kindOf(t reflect.Type) string {
	switch t.Name() {
	case "IntOrString":
		return "a number or a string"
	case "Quantity":
		return "a quantity such as 100m or 64Mi"
	case "Time", "MicroTime":
		return "a time in the form of RFC 3339"
	case "Duration":
		return "a duration such as 30s"
	}
	if t.Kind() == reflect.Slice {
		return "data in base64"
	}
	return "a " + strings.ToLower(t.Name())
}
