// SPDX-License-Identifier: Apache-2.0

package signalignore

import (
	_ "embed"
	"slices"
	"syscall"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports signals that are ignored or reset although they are needed.
var Analyzer = check.New(doc, run, signals.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil {
		return nil, nil
	}
	for _, call := range pkg.Calls {
		if code.IsTest(pass.Fset, call.Expr.Pos()) {
			continue
		}
		switch call.Op {
		case signals.Ignore:
			ignored(pass, call)
		case signals.Reset:
			reset(pass, pkg, call)
		}
	}
	return nil, nil
}

func ignored(pass *check.Pass, call *signals.Call) {
	switch l := call.Signals; {
	case l.All:
		pass.Reportf(call.Expr, "signal.Ignore without a list ignores every signal: SIGTERM no longer stops the program")
	case l.Has(syscall.SIGTERM):
		pass.Reportf(call.Expr, "SIGTERM is ignored: whoever stops the program waits for the grace period and kills it")
	case named(l, "SIGCHLD"):
		pass.Reportf(call.Expr, "SIGCHLD is ignored: the kernel reaps children itself and Wait of os/exec fails with ECHILD")
	}
}

func named(l signals.List, name string) bool {
	for _, item := range l.Items {
		if item.Name == name {
			return true
		}
	}
	return false
}

func reset(pass *check.Pass, pkg *signals.Package, call *signals.Call) {
	if name := undone(pkg, call); name != "" {
		pass.Reportf(call.Expr, "signal.Reset does not undo signal.Ignore: %s stays ignored", name)
		return
	}
	if signals.InCommand(pass.Pkg) {
		return
	}
	if call.Signals.All || call.Signals.Stops() {
		pass.Reportf(call.Expr, "signal.Reset in a library takes the signals from every channel of the process: signal.Stop takes only this one's")
	}
}

// ending are the signals that would end the program if they were not ignored. Those of
// job control do no harm if they stay so.
var ending = []string{"SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGCHLD"}

// undone returns a signal that the same function ignores before, and that nothing here
// registers.
func undone(pkg *signals.Package, reset *signals.Call) string {
	for _, other := range pkg.Calls {
		if other.Op != signals.Ignore || code.Declaration(other.At) != code.Declaration(reset.At) {
			continue
		}
		for _, item := range other.Signals.Items {
			if slices.Contains(ending, item.Name) && reset.Signals.Has(syscall.Signal(item.Number)) && !registered(pkg, item.Number) {
				return item.Name
			}
		}
	}
	return ""
}

func registered(pkg *signals.Package, number int) bool {
	for _, call := range pkg.Calls {
		if (call.Op == signals.Notify || call.Op == signals.NotifyContext) && call.Signals.May(syscall.Signal(number)) {
			return true
		}
	}
	return false
}
