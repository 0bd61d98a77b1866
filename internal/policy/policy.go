// SPDX-License-Identifier: Apache-2.0

// Package policy holds the rules that this repository keeps about itself:
// what may import what, what must be documented, what a file may contain. The
// test at the root of the repository applies them to the tree; the tests here
// show each of them failing.
package policy

// A Rule is one rule about the tree. Name is that of its subtest. Check returns
// a message for each place that breaks it, beginning with the place.
type Rule struct {
	Name  string
	Check func(*Tree) []string
}

// Rules returns all rules, in the order in which they are reported.
func Rules() []Rule {
	return []Rule{
		{"core-requires-nothing", coreRequiresNothing},
		{"no-replace-in-go-mod", noReplace},
		{"workspace-is-complete", workspaceComplete},
		{"core-imports-std-only", coreImportsStd},
		{"core-imports-downwards", coreImportsDownwards},
		{"sigmux-without-net-http", sigmuxWithoutHTTP},
		{"adapters-apart", adaptersApart},
		{"os-signal-in-sigmux-only", signalInSigmuxOnly},
		{"no-func-init", noInit},
		{"one-package-doc", onePackageDoc},
		{"exported-documented", exportedDocumented},
		{"doc-links-resolve", docLinksResolve},
		{"spdx-first", spdxFirst},
		{"no-machine-paths", noMachinePaths},
		{"small-files-and-functions", smallFiles},
	}
}
