// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseJSON reads JSON; it returns nil for everything else. YAML is said to contain JSON, but
// its parser does not know the pairs of escapes that stand for one character.
func (p Part) parseJSON() *yaml.Node {
	text := bytes.TrimSpace(p.Data)
	if len(text) == 0 || text[0] != '{' && text[0] != '[' || !bytes.Contains(text, []byte(`\u`)) || !json.Valid(text) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(p.Data))
	d.UseNumber()
	r := &jsonReader{d: d, data: p.Data, line: 1}
	return r.value()
}

// A jsonReader makes nodes of tokens. The JSON is known to be right.
type jsonReader struct {
	d    *json.Decoder
	data []byte
	at   int // where line and column are counted to
	line int
	from int // the beginning of the line
}

// next returns a token, and a node that is where it begins.
func (r *jsonReader) next() (json.Token, *yaml.Node) {
	start := int(r.d.InputOffset())
	for start < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[start]) >= 0 {
		start++
	}
	for ; r.at < start; r.at++ {
		if r.data[r.at] == '\n' {
			r.line, r.from = r.line+1, r.at+1
		}
	}
	token, _ := r.d.Token()
	return token, &yaml.Node{Kind: yaml.ScalarNode, Line: r.line, Column: 1 + utf8.RuneCount(r.data[r.from:start])}
}

func (r *jsonReader) value() *yaml.Node {
	token, n := r.next()
	switch t := token.(type) {
	case json.Delim:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		if t == '{' {
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
		}
		for r.d.More() { // a key is a value, too
			n.Content = append(n.Content, r.value())
		}
		r.next()
	case string:
		n.Tag, n.Value, n.Style = "!!str", t, yaml.DoubleQuotedStyle
	case json.Number:
		n.Value = t.String() // its tag follows from how it is written
	case bool:
		n.Tag, n.Value = "!!bool", "false"
		if t {
			n.Value = "true"
		}
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n
}
