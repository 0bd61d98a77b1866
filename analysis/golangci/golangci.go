// SPDX-License-Identifier: Apache-2.0

// Package golangci makes the checks of package analysis a linter of golangci-lint, as a
// module plugin. It registers itself under the name "quiesce" when it is imported, which
// "golangci-lint custom" does; see docs/vet.md.
package golangci

import (
	"fmt"
	"slices"

	"github.com/golangci/plugin-module-register/register"
	goanalysis "golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis"
)

// Name is that of the linter in the configuration of golangci-lint.
const Name = "quiesce"

// golangci-lint imports a module plugin, and looks no further than its register: what is
// not in there at start is not there at all.
var _ = registered()

func registered() bool {
	register.Plugin(Name, New)
	return true
}

// Settings are those of the linter in the configuration of golangci-lint.
type Settings struct {
	Checks []string `json:"checks"` // the only ones to run; none is all
	Skip   []string `json:"skip"`   // not to run
}

// New returns the linter with settings as golangci-lint has decoded them.
func New(conf any) (register.LinterPlugin, error) {
	s, err := register.DecodeSettings[Settings](conf)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, a := range analysis.Suite() {
		known[a.Name] = true
	}
	for _, name := range slices.Concat(s.Checks, s.Skip) {
		if !known[name] {
			return nil, fmt.Errorf("quiesce: there is no check %q", name)
		}
	}
	return linter{s}, nil
}

type linter struct{ settings Settings }

// BuildAnalyzers returns the analyzers of the checks that are to run.
func (l linter) BuildAnalyzers() ([]*goanalysis.Analyzer, error) {
	all := analysis.Select(l.runs)
	return slices.DeleteFunc(all, func(a *goanalysis.Analyzer) bool { return !l.runs(a.Name) }), nil
}

func (l linter) runs(name string) bool {
	return (len(l.settings.Checks) == 0 || slices.Contains(l.settings.Checks, name)) && !slices.Contains(l.settings.Skip, name)
}

// GetLoadMode returns what the checks need of a package: its types.
func (linter) GetLoadMode() string { return register.LoadModeTypesInfo }
