// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/compose"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/dockerfile"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/kubernetes"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/systemd"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// Kinds are the kinds of documents, each in a package of its own. The first that
// recognises a file has it.
func Kinds() []manifest.Kind {
	return []manifest.Kind{systemd.Kind{}, dockerfile.Kind{}, compose.Kind{}, kubernetes.Kind{}}
}

// Options say what is audited, and how.
type Options struct {
	Paths   []string // files, folders, or "-" for standard input; none is the working directory
	Stdin   io.Reader
	Plans   []*manifest.Plan
	Sources []*manifest.Source // of programs
	Config  *Config            // nil is the default
}

// notAudited is the rule of notes. It is no fault.
const notAudited = "not-audited"

// Run audits all documents and returns the report, sorted. The error tells of plans that
// could not be had; all that needs none is in the report.
func Run(o Options) (*finding.Report, error) {
	a := &audit{config: o.Config, kinds: Kinds(), report: &finding.Report{Tool: "quiesce audit"}}
	if a.config == nil {
		a.config = new(Config)
	}
	a.files, a.report.Problems = walk(&o, a.config, a.kinds)
	a.world = &manifest.World{
		Plans: o.Plans, Sources: o.Sources, Files: map[string]*manifest.File{}, Note: a.note,
		Problem: func(err error) { a.planErrs = append(a.planErrs, err) },
	}
	a.read()
	a.check()
	a.suppress()
	a.report.Rules = a.config.rules()
	a.report.Sort()
	return a.report, errors.Join(a.planErrs...)
}

// An audit is one run.
type audit struct {
	config   *Config
	kinds    []manifest.Kind
	files    []*found
	world    *manifest.World
	report   *finding.Report
	planErrs []error
}

// read reads all files, as many at a time as there are processors.
func (a *audit) read() {
	contents := make([]manifest.Content, len(a.files))
	generic := len(a.config.Custom) > 0
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				contents[i] = a.files[i].read(a.kinds, generic)
			}
		})
	}
	for i := range a.files {
		next <- i
	}
	close(next)
	wg.Wait()
	var notes []manifest.Note
	for i, c := range contents {
		f := a.files[i]
		f.documents = c.Documents
		a.world.Files[filepath.Clean(f.Path)] = &f.File
		a.report.Problems = append(a.report.Problems, c.Problems...)
		notes = append(notes, c.Notes...)
	}
	for _, n := range oneForFolder(notes) {
		a.note(n)
	}
	if len(a.report.Findings)+len(a.report.Problems) == 0 && !slices.ContainsFunc(a.files, func(f *found) bool { return len(f.documents) > 0 }) {
		a.note(manifest.Note{Text: "there is nothing to audit", Fix: "name the files or folders of the manifests"})
	}
}

// oneForFolder leaves one of the notes that are alike for the files of a folder, as they
// are for the templates of a chart, and says in it how many there are.
func oneForFolder(notes []manifest.Note) []manifest.Note {
	type folder struct{ dir, text string }
	more := map[folder]int{}
	first := map[folder]int{}
	var out []manifest.Note
	for _, n := range notes {
		key := folder{filepath.Dir(n.File), n.Text}
		if _, there := first[key]; n.Folder && there {
			more[key]++
			continue
		}
		first[key] = len(out)
		out = append(out, n)
	}
	for key, n := range more {
		text := "; so is 1 more file of its folder"
		if n > 1 {
			text = fmt.Sprintf("; so are %d more files of its folder", n)
		}
		out[first[key]].Text += text
	}
	return out
}

// check lets each kind look at its documents, and then applies the rules of users.
func (a *audit) check() {
	for _, kind := range a.kinds {
		var docs []*manifest.Document
		for _, f := range a.files {
			if f.kind == kind {
				docs = append(docs, f.documents...)
			}
		}
		if len(docs) == 0 {
			continue
		}
		kind.Audit(docs, a.world, a.found)
		a.report.Problems = append(a.report.Problems, a.config.custom(docs, a.found)...)
	}
	a.unused()
}

// unused notes the plans and sources that are for nothing.
func (a *audit) unused() {
	for _, s := range a.world.UnusedSources() {
		a.note(manifest.Note{Text: "the source " + s.Path + " is for nothing in these manifests", Fix: "name what runs it: --source NAME=" + s.Path})
	}
	for _, p := range a.world.Unused() {
		text := "the plan of " + p.Path + " is for nothing in these manifests"
		if p.Name != "" {
			text = "the plan " + p.Name + "=" + p.Path + " is for nothing in these manifests: no container, workload, image or command is called " + p.Name
		}
		a.note(manifest.Note{Text: text, Fix: "name what runs it: --plan NAME=" + p.Path})
	}
}

// found takes a finding of a rule, if that is on.
func (a *audit) found(f manifest.Finding) {
	rule, severity := a.config.rule(f.Rule)
	if severity == off {
		return
	}
	if f.Unsure && a.config.Rules[f.Rule] == "" {
		severity = string(finding.Note)
	}
	out := finding.Finding{Rule: f.Rule, Severity: finding.Severity(severity), File: f.Doc.File, Message: f.Message, Why: rule.Why, Fix: f.Fix}
	out.Line, out.Column = f.Doc.Places.At(f.Path...)
	if out.Line == 0 {
		out.Line = f.Doc.Line
	}
	if out.Fix == "" {
		out.Fix = rule.Fix
	}
	a.report.Findings = append(a.report.Findings, out)
}

func (a *audit) note(n manifest.Note) {
	a.report.Findings = append(a.report.Findings, finding.Finding{
		Rule: notAudited, Severity: finding.Note, File: n.File, Line: n.Line, Message: n.Text, Fix: n.Fix,
	})
}

// Faults returns the findings that matter at least as much as that severity. What the
// audit says of itself is never one.
func Faults(r *finding.Report, least finding.Severity) []finding.Finding {
	ranks := []finding.Severity{finding.Note, finding.Warning, finding.Error}
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f finding.Finding) bool {
		return f.Rule == notAudited || slices.Index(ranks, f.Severity) < slices.Index(ranks, least)
	})
}

// Packs returns the names of the packs of rules, sorted.
func Packs() []string {
	packs := map[string]bool{}
	for _, e := range Catalog() {
		packs[e.Pack] = true
	}
	return slices.Sorted(maps.Keys(packs))
}
