// SPDX-License-Identifier: Apache-2.0

package strict

import "unique"

// Places knows where the parts of a document are in its file, in less memory than the
// document's nodes take.
type Places struct{ root place }

type place struct {
	key          unique.Handle[string]
	line, column int32
	keys         []place // of a mapping
	items        []place // of a sequence
}

// At returns the line and the column of what a path leads to, such as "spec",
// "containers", 0, "image": the key of a mapping, the first character of an item. Where the
// path leads to nothing, it is the place of the last thing on the way.
func (p *Places) At(path ...any) (line, column int) {
	at := &p.root
	for _, step := range path {
		next := at.step(step)
		if next == nil {
			break
		}
		at = next
	}
	return int(at.line), int(at.column)
}

// Has reports whether the path leads to something.
func (p *Places) Has(path ...any) bool {
	at := &p.root
	for _, step := range path {
		if at = at.step(step); at == nil {
			return false
		}
	}
	return true
}

func (p *place) step(step any) *place {
	switch step := step.(type) {
	case string:
		for i := range p.keys {
			if p.keys[i].key.Value() == step {
				return &p.keys[i]
			}
		}
	case int:
		if step < len(p.items) {
			return &p.items[step]
		}
	}
	return nil
}
