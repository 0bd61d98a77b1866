// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/strict"
)

// An Entry says all about a rule that does not depend on a document.
type Entry struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`    // what is to hold
	Severity string    `json:"severity"` // unless the configuration says otherwise
	Pack     string    `json:"pack"`
	Kind     string    `json:"kind"` // of documents
	Why      string    `json:"why"`  // it matters
	Fix      string    `json:"fix"`  // what to do
	Bad      []Example `json:"-"`    // breaks this rule, and no other
	Good     []Example `json:"-"`    // breaks none
	Plan     []byte    `json:"-"`    // the plan with which the examples are audited; nil is none
}

// An Example is a file.
type Example struct{ Name, Text string }

// Catalog returns an entry for each bundled rule, sorted by pack and id.
func Catalog() []Entry { return slices.Clone(catalog()) }

// Lookup returns the bundled rule with that id.
func Lookup(id string) (Entry, bool) {
	e, ok := byID()[id]
	return e, ok
}

var byID = sync.OnceValue(func() map[string]Entry {
	m := map[string]Entry{}
	for _, e := range catalog() {
		m[e.ID] = e
	}
	return m
})

//go:embed rules
var ruleFiles embed.FS

// catalog reads the rules once. They are part of the program, so that a mistake in them
// is one of ours.
var catalog = sync.OnceValue(func() []Entry {
	folders, err := fs.ReadDir(ruleFiles, "rules")
	if err != nil {
		panic(err)
	}
	var out []Entry
	for _, f := range folders {
		e, err := readEntry(path.Join("rules", f.Name()))
		if err != nil {
			panic(fmt.Sprintf("audit: rule %s: %v", f.Name(), err))
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Pack, b.Pack), cmp.Compare(a.ID, b.ID)) })
	return out
})

// readEntry reads the folder of a rule: rule.yaml, examples of which the names begin with
// "good" and "bad", and perhaps plan.json.
func readEntry(folder string) (Entry, error) {
	e := Entry{}
	files, err := fs.ReadDir(ruleFiles, folder)
	if err != nil {
		return e, err
	}
	for _, f := range files {
		data, err := fs.ReadFile(ruleFiles, path.Join(folder, f.Name()))
		if err != nil {
			return e, err
		}
		switch name := f.Name(); {
		case name == "rule.yaml":
			err = e.parse(data)
		case name == "plan.json":
			e.Plan = data
		case strings.HasPrefix(name, "bad"):
			e.Bad = append(e.Bad, Example{name, string(data)})
		case strings.HasPrefix(name, "good"):
			e.Good = append(e.Good, Example{name, string(data)})
		default:
			err = fmt.Errorf("%s is neither its text nor an example", name)
		}
		if err != nil {
			return e, err
		}
	}
	if e.ID != path.Base(folder) || len(e.Bad) == 0 || len(e.Good) == 0 {
		return e, fmt.Errorf("want rule.yaml with this id, and examples")
	}
	return e, nil
}

func (e *Entry) parse(data []byte) error {
	part := strict.Part{Data: data}
	node, err := part.Parse()
	if err != nil || node == nil {
		return fmt.Errorf("rule.yaml: %w", err)
	}
	if _, errs := part.Decode(node, e); len(errs) > 0 {
		return errs[0]
	}
	return nil
}
