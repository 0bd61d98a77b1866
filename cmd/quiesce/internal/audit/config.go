// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/strict"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/nearest"
)

// ConfigName is the file that is read if no other is named.
const ConfigName = ".quiesce-audit.yaml"

// off is what a rule is set to that is not to be applied.
const off = "off"

// A Config says which rules are applied, and how much they matter. Zero is all bundled
// rules as they come.
type Config struct {
	Packs  []string          `json:"packs"`  // of bundled rules; none is all
	Rules  map[string]string `json:"rules"`  // id to off, note, warning or error
	Ignore []string          `json:"ignore"` // patterns of paths
	Custom []*Custom         `json:"custom"` // rules of the user
}

// ReadConfig reads a configuration. If the name is empty it is [ConfigName], which need
// not be there.
func ReadConfig(name string) (*Config, error) {
	optional := name == ""
	if optional {
		name = ConfigName
	}
	data, err := readConfig(name)
	if optional && errors.Is(err, os.ErrNotExist) {
		return new(Config), nil
	}
	if err != nil {
		return nil, err
	}
	c, errs := parseConfig(data)
	if len(errs) == 0 {
		return c, nil
	}
	var all []error
	for _, err := range errs {
		all = append(all, fmt.Errorf("%s:%d: %s", name, err.Line, err.Text))
	}
	return nil, errors.Join(all...)
}

// mostConfig bounds a configuration, in bytes.
const mostConfig = 1 << 20

func readConfig(name string) ([]byte, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, mostConfig+1))
	if err == nil && len(data) > mostConfig {
		err = fmt.Errorf("%s: larger than %d MiB", name, mostConfig>>20)
	}
	return manifest.NewFile(name, data).Data, err
}

// parseConfig returns all that is wrong, each with its line.
func parseConfig(data []byte) (*Config, []*strict.Error) {
	c := new(Config)
	parts := strict.Split(data)
	if len(parts) == 0 {
		return c, nil
	}
	if len(parts) > 1 {
		return nil, []*strict.Error{{Line: parts[1].Line + 1, Text: "a second document"}}
	}
	node, err := parts[0].Parse()
	if e, ok := errors.AsType[*strict.Error](err); ok {
		return nil, []*strict.Error{e}
	}
	if node == nil {
		return c, nil
	}
	places, errs := parts[0].Decode(node, c)
	fail := func(path []any, format string, args ...any) {
		line, _ := places.At(path...)
		errs = append(errs, &strict.Error{Line: line, Text: fmt.Sprintf(format, args...)})
	}
	c.checkCustom(fail)
	c.check(fail)
	return c, errs
}

// A failure is said of a place of the configuration.
type failure func(path []any, format string, args ...any)

func (c *Config) check(fail failure) {
	for i, p := range c.Packs {
		if !slices.Contains(c.packs(), p) {
			fail([]any{"packs", i}, "no pack is called %q; there are %s", p, strings.Join(c.packs(), ", "))
		}
	}
	ids := c.ids()
	for _, id := range sortedKeys(c.Rules) {
		at := []any{"rules", id}
		if !slices.Contains(ids, id) {
			fail(at, "no rule is called %q%s", id, meant(id, ids))
		}
		if !slices.Contains(severities, c.Rules[id]) {
			fail(at, "rule %s: %q: want one of %s", id, c.Rules[id], strings.Join(severities, ", "))
		}
	}
	for i, pattern := range c.Ignore {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			fail([]any{"ignore", i}, "%q is no pattern", pattern)
		}
	}
}

// severities are what a rule can be set to.
var severities = []string{string(finding.Error), string(finding.Warning), string(finding.Note), off}

func meant(written string, words []string) string {
	if n := nearest.Of(written, words); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	return ""
}

// packs are those of the bundled rules and of the user's.
func (c *Config) packs() []string {
	packs := Packs()
	for _, r := range c.Custom {
		if r.Pack != "" && !slices.Contains(packs, r.Pack) {
			packs = append(packs, r.Pack)
		}
	}
	return packs
}

// ids are those of the bundled rules and of the user's.
func (c *Config) ids() []string {
	var ids []string
	for _, e := range Catalog() {
		ids = append(ids, e.ID)
	}
	for _, r := range c.Custom {
		ids = append(ids, r.ID)
	}
	return ids
}

// rule returns a rule, bundled or of the user, and how much it matters here.
func (c *Config) rule(id string) (e Entry, severity string) {
	e, ok := Lookup(id)
	for _, r := range c.Custom {
		if !ok && r.ID == id {
			e = r.entry()
		}
	}
	severity = e.Severity
	if len(c.Packs) > 0 && e.Pack != "" && !slices.Contains(c.Packs, e.Pack) {
		severity = off
	}
	if set := c.Rules[id]; set != "" {
		severity = set
	}
	return e, severity
}

// Applied returns the rules that are applied, with the severity that they have here.
func (c *Config) Applied() []Entry {
	var applied []Entry
	for _, id := range c.ids() {
		if e, severity := c.rule(id); severity != off {
			e.Severity = severity
			applied = append(applied, e)
		}
	}
	return applied
}

// rules are those that are applied, as a report has them.
func (c *Config) rules() []finding.Rule {
	var rules []finding.Rule
	for _, e := range c.Applied() {
		rules = append(rules, finding.Rule{
			ID: e.ID, Title: e.Title, Help: e.String(), Markdown: e.Markdown("###"), Severity: finding.Severity(e.Severity),
		})
	}
	return append(rules, finding.Rule{ID: notAudited, Title: "What is not audited is said.", Severity: finding.Note})
}
