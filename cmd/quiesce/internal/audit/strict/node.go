// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"go.yaml.in/yaml/v3"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// Child returns the value of a key of a mapping, nil if there is none.
func Child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// Text returns the text of a key of a mapping, "" if there is none.
func Text(n *yaml.Node, key string) string {
	if n = Child(n, key); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

// Problem says of a file what is wrong with it.
func Problem(file string, err error) finding.Problem {
	if e, ok := err.(*Error); ok {
		return finding.Problem{File: file, Line: e.Line, Text: e.Text}
	}
	return finding.Problem{File: file, Text: err.Error()}
}
