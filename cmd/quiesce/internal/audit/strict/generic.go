// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Generic returns the document as maps, slices, strings, int64, float64, bool and nil.
func (p Part) Generic(n *yaml.Node) any {
	d := &decoder{base: p.Line}
	return d.generic(n, nil)
}

func (d *decoder) generic(n *yaml.Node, at *path) any {
	n = d.enter(n, at)
	defer func() { d.depth-- }()
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		d.pairs(n, at, func(key, val *yaml.Node) { out[key.Value] = d.generic(val, at) })
		return out
	case n.Kind == yaml.SequenceNode:
		out := make([]any, 0, min(len(n.Content), mostNodes))
		for _, item := range n.Content {
			out = append(out, d.generic(item, at))
		}
		return out
	}
	return genericScalar(n)
}

func genericScalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return i
		}
	case "!!float":
		// JSON knows no infinity, which is what a number that is too large becomes.
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}
