// SPDX-License-Identifier: Apache-2.0

// Package handled finds out which signals a program takes: those that its packages give to
// os/signal, and what the library quiesce does for it.
package handled

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// Analyzer reports for each package main, as JSON, a [Program]. It is no check, and not in
// the suite: the audit of manifests asks for it.
var Analyzer = &analysis.Analyzer{
	Name:      "handled",
	Doc:       "handled: print which signals a program takes\n\nIt finds no mistakes, and runs only if it is asked for.",
	Run:       run,
	Requires:  []*analysis.Analyzer{signals.Analyzer},
	FactTypes: []analysis.Fact{new(taken)},
}

// A Program is what is known of a program and signals. They have their names, such as
// SIGTERM.
type Program struct {
	Package string   `json:"package"`
	Takes   []string `json:"takes,omitempty"`
	Ignores []string `json:"ignores,omitempty"`
	All     bool     `json:"all,omitempty"` // that can be taken

	// Perhaps are those that packages of other modules take, if they are asked to; Unknown is
	// whether there may be any others.
	Perhaps []string `json:"perhaps,omitempty"`
	Unknown bool     `json:"unknown,omitempty"`
}

// taken is the fact of what a package, and those that it imports, do with signals, by
// module.
type taken struct{ Modules map[string]Program }

// AFact marks it as a fact.
func (*taken) AFact() {}

// String lists the modules.
func (t *taken) String() string {
	return "takes signals in " + strings.Join(slices.Sorted(maps.Keys(t.Modules)), ", ")
}

func run(pass *analysis.Pass) (any, error) {
	if pass.Pkg.Path() == library || strings.HasPrefix(pass.Pkg.Path(), library+"/sigmux") {
		return nil, nil // seen where it is called
	}
	all := &taken{Modules: map[string]Program{}}
	for _, imported := range pass.Pkg.Imports() {
		var theirs taken
		if pass.ImportPackageFact(imported, &theirs) {
			for module, p := range theirs.Modules {
				all.add(module, p)
			}
		}
	}
	if p := own(pass); !p.none() {
		all.add(moduleOf(pass), p)
	}
	if pass.Pkg.Name() == "main" {
		return nil, report(pass, all.program(moduleOf(pass)))
	}
	if len(all.Modules) > 0 {
		pass.ExportPackageFact(all)
	}
	return nil, nil
}

func moduleOf(pass *analysis.Pass) string {
	if pass.Module == nil {
		return ""
	}
	return pass.Module.Path
}

// own returns what the package itself does.
func own(pass *analysis.Pass) Program {
	p := fromLibrary(pass)
	pkg := signals.Of(pass)
	if pkg == nil {
		return p
	}
	for _, call := range pkg.Calls {
		if code.IsTest(pass.Fset, call.Expr.Pos()) {
			continue
		}
		switch call.Op {
		case signals.Notify, signals.NotifyContext, signals.SignalHandler:
			p.take(call.Signals)
		case signals.Ignore:
			ignored := Program{}
			ignored.take(call.Signals)
			p.Ignores = append(p.Ignores, ignored.Takes...)
			p.Unknown = p.Unknown || ignored.Unknown || ignored.All
		}
	}
	return p
}

// take adds the signals that a call names.
func (p *Program) take(l signals.List) {
	p.All = p.All || l.All
	p.Unknown = p.Unknown || !l.Known && !l.All
	for _, item := range l.Items {
		name := item.Name
		if !strings.HasPrefix(name, "SIG") {
			name = numbers[item.Number]
		}
		p.Unknown = p.Unknown || name == ""
		if name != "" {
			p.Takes = append(p.Takes, name)
		}
	}
}

// numbers are those that are the same everywhere.
var numbers = map[int]string{1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 6: "SIGABRT", 9: "SIGKILL", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM"}

func (p *Program) none() bool {
	return len(p.Takes) == 0 && len(p.Ignores) == 0 && !p.All && !p.Unknown
}

// add adds what some packages of a module do.
func (t *taken) add(module string, p Program) {
	sum := t.Modules[module]
	t.Modules[module] = Program{
		Takes: union(sum.Takes, p.Takes), Ignores: union(sum.Ignores, p.Ignores),
		All: sum.All || p.All, Unknown: sum.Unknown || p.Unknown,
	}
}

// program returns what a program of a module does. What other modules would do is known, but
// not whether they are asked to.
func (t *taken) program(module string) Program {
	p := t.Modules[module]
	for name, other := range t.Modules {
		if name != module {
			p.Perhaps = union(p.Perhaps, other.Takes, other.Ignores)
			p.Unknown = p.Unknown || other.Unknown || other.All
		}
	}
	return p
}

func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

func report(pass *analysis.Pass, p Program) error {
	p.Package = pass.Pkg.Path()
	p.Takes, p.Ignores = union(p.Takes), union(p.Ignores)
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	for _, f := range pass.Files {
		if !code.IsTest(pass.Fset, f.Package) {
			pass.Report(analysis.Diagnostic{Pos: f.Name.Pos(), End: f.Name.End(), Message: string(text)})
			break
		}
	}
	return nil
}
