// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis/passes/ignore"
)

// Suite returns the analyzers of all checks, by name, and ignore as the last. The slice
// is the caller's.
func Suite() []*analysis.Analyzer {
	return Select(func(string) bool { return true })
}

// Select returns the analyzers of all checks, as Suite does, for a driver that runs some
// of them only: those of which runs reports true for the name. Ignore does not wait for
// the others, and says nothing of comments that switch their findings off.
func Select(runs func(name string) bool) []*analysis.Analyzer {
	all := checks()
	var known []string
	var ran []*analysis.Analyzer
	for _, a := range all {
		known = append(known, a.Name)
		if runs(a.Name) {
			ran = append(ran, a)
		}
	}
	return append(all, ignore.New(known, ran...))
}
