// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// imports notes what the package does by what it imports, and reports whether it may
// have servers.
func imports(pass *analysis.Pass, info *Info, own *Package) bool {
	servers := false
	for _, p := range pass.Pkg.Imports() {
		switch path := unversionedPath(p.Path()); {
		case path == "os/signal":
			own.OwnSignals = stopSignals(pass)
			own.Signals = own.Signals || own.OwnSignals
		case stores[path]:
			own.State = true
		case libraries[path]:
			servers = true
		}
		var fact Package
		if pass.ImportPackageFact(p, &fact) {
			servers = servers || fact.Funcs
			info.Listens[p], info.Signals[p] = fact.Listens, fact.OwnSignals
			own.add(pass, p, fact)
		}
	}
	// What these do to themselves is not what a program does with them.
	return servers && !libraries[unversionedPath(pass.Pkg.Path())] && pass.Pkg.Path() != "net/http/httptest"
}

// add notes what an imported package does. What the imports of another owner's package
// do is its own affair: a client library that draws on a terminal does not stop a server.
func (own *Package) add(pass *analysis.Pass, imported *types.Package, fact Package) {
	if SameProgram(pass, imported) {
		own.State, own.Serves = own.State || fact.State, own.Serves || fact.Serves
	}
	if sameOwner(pass.Pkg.Path(), imported.Path()) {
		own.Signals, own.Stops = own.Signals || fact.Signals, own.Stops || fact.Stops
		own.NearSignals, own.NearStops = own.NearSignals || fact.NearSignals, own.NearStops || fact.NearStops
		return
	}
	own.NearSignals, own.NearStops = own.NearSignals || fact.Signals, own.NearStops || fact.Stops
}

// SameProgram reports whether another package is of the module of a pass, or probably so.
func SameProgram(pass *analysis.Pass, other *types.Package) bool {
	if pass.Module != nil && pass.Module.Path != "" {
		if rest, ok := strings.CutPrefix(other.Path(), pass.Module.Path); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return SameModule(pass.Pkg.Path(), other.Path())
}

// SameModule reports whether two packages are probably of one module: their paths begin
// with the same three elements, as in "host/owner/name", or the same one without a host.
func SameModule(a, b string) bool { return sameElements(a, b, 3) }

// sameOwner reports whether two packages are probably by the same people.
func sameOwner(a, b string) bool { return sameElements(a, b, 2) }

func sameElements(a, b string, elems int) bool {
	if host, _, _ := strings.Cut(a, "/"); !strings.Contains(host, ".") {
		elems = 1
	}
	x, y := strings.SplitN(a, "/", elems+1), strings.SplitN(b, "/", elems+1)
	return len(x) >= elems && len(y) >= elems && slices.Equal(x[:elems], y[:elems])
}

// otherSignals are those with which a program is told something else than to stop.
var otherSignals = map[string]bool{
	"SIGHUP": true, "SIGUSR1": true, "SIGUSR2": true, "SIGWINCH": true, "SIGPIPE": true, "SIGCHLD": true, "SIGURG": true,
	"SIGCONT": true, "SIGTSTP": true, "SIGTTIN": true, "SIGTTOU": true,
}

// stopSignals reports whether a package that imports os/signal may handle a signal that
// stops a program.
func stopSignals(pass *analysis.Pass) bool {
	registers, others := false, true
	for n := range pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).PreorderSeq((*ast.CallExpr)(nil)) {
		call := n.(*ast.CallExpr)
		if !code.IsCall(pass.TypesInfo, call, "os/signal.Notify", "os/signal.NotifyContext", "os/signal.Ignore") {
			continue
		}
		registers = true
		others = others && len(call.Args) > 1
		for _, arg := range call.Args[min(1, len(call.Args)):] {
			obj := code.ObjectOf(pass.TypesInfo, arg)
			others = others && obj != nil && otherSignals[obj.Name()]
		}
	}
	return !registers || !others
}

// listens reports whether a package opens sockets that others connect to, or accepts who
// does.
func listens(pass *analysis.Pass) bool {
	if !code.Imports(pass.Pkg, "net") && !code.Imports(pass.Pkg, "crypto/tls") || !strings.Contains(pass.Pkg.Path(), "/") {
		return false
	}
	for _, obj := range pass.TypesInfo.Uses {
		fn, ok := obj.(*types.Func)
		if ok && fn.Pkg() != nil && (fn.Name() == "Listen" || fn.Name() == "Accept") && (fn.Pkg().Path() == "net" || fn.Pkg().Path() == "crypto/tls") {
			return true
		}
	}
	return false
}
