// SPDX-License-Identifier: Apache-2.0

package signalinit

import (
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// harmless are the signals whose default action is to do nothing: to take them costs no
// command anything.
var harmless = []string{"SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT"}

// program reports the registrations of a package main with several commands that are made
// before it is known which command is to run. What is ignored is so for all of them on
// purpose.
func program(pass *check.Pass, pkg *signals.Package) {
	if !hasCommands(pass) {
		return
	}
	calls := initializers(pass, pkg)
	for fn, decl := range pkg.Functions() {
		if code.IsInit(decl.Node()) && fn.Signature().Recv() == nil && !code.IsTest(pass.Fset, decl.Node().Pos()) {
			calls = append(calls, pkg.Reached(decl, true)...)
		}
	}
	done := map[*signals.Call]bool{}
	for _, call := range calls {
		if call.Op != signals.Notify && call.Op != signals.NotifyContext || done[call] || !ends(call.Signals) {
			continue
		}
		done[call] = true
		pass.Reportf(call.Expr, "signal.%s before main: each command of the program, and each test, loses the default action of these signals", call.Op)
	}
}

// ends reports whether a list has a signal that ends a program which has not taken it.
func ends(l signals.List) bool {
	if l.All {
		return true
	}
	return slices.ContainsFunc(l.Items, func(item signals.Item) bool {
		return !slices.Contains(harmless, item.Name)
	})
}

// commandLines are parts of the paths of libraries for programs with several commands.
var commandLines = []string{"spf13/cobra", "urfave/cli", "codegangsta/cli", "mitchellh/cli", "google/subcommands", "alecthomas/kong", "kingpin", "jessevdk/go-flags", "peterbourgon/ff"}

// hasCommands reports whether a package imports such a library.
func hasCommands(pass *check.Pass) bool {
	for _, imported := range pass.Pkg.Imports() {
		if slices.ContainsFunc(commandLines, func(part string) bool { return strings.Contains(imported.Path(), part) }) {
			return true
		}
	}
	return false
}
