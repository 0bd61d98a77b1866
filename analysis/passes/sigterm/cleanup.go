// SPDX-License-Identifier: Apache-2.0

package sigterm

import (
	"go/ast"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	servers "github.com/go-quiesce/quiesce/analysis/internal/server"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// cleansUp returns a call that removes or restores something outside the process once the
// signal has come, or that stops what a program has that waits for nothing but the signal.
func cleansUp(pass *check.Pass, pkg *signals.Package, call *signals.Call) *ast.CallExpr {
	if call.Channel == nil || call.Channel.Escapes {
		return nil
	}
	for _, receive := range call.Channel.Receives {
		daemon, ends := waitsOnly(pass, receive), exitsAfter(pkg, receive)
		for _, stmt := range signals.After(receive) {
			for c := range signals.Synchronous(stmt) {
				if run := pkg.Registered(c); ends && run != nil {
					return run
				}
				if removes(pass, c) || daemon && stops(pass, pkg, c) {
					return c
				}
				if first := beforeExit(pass, pkg, c); first != nil {
					return first
				}
			}
		}
	}
	return nil
}

// exitsAfter reports whether what follows a receive ends the program.
func exitsAfter(pkg *signals.Package, receive inspector.Cursor) bool {
	for _, stmt := range signals.After(receive) {
		for call := range signals.Synchronous(stmt) {
			if pkg.EndsProgram(call) {
				return true
			}
		}
	}
	return false
}

// beforeExit returns the clean-up of a function of the package that ends the program with
// its last statement.
func beforeExit(pass *check.Pass, pkg *signals.Package, call *ast.CallExpr) *ast.CallExpr {
	decl, ok := pkg.Declared(pkg.Callee(call))
	if !ok {
		return nil
	}
	body := code.Body(decl.Node())
	if body == nil || len(body.List) == 0 {
		return nil
	}
	last, ok := body.List[len(body.List)-1].(*ast.ExprStmt)
	if !ok || !code.IsCall(pass.TypesInfo, last.X, "os.Exit") {
		return nil
	}
	for c := range signals.Synchronous(decl) {
		if removes(pass, c) {
			return c
		}
	}
	return nil
}

// waitsOnly reports whether a receive is all that main, or a function that it does not run
// as a goroutine, waits for: there is no other end, as a tool has it.
func waitsOnly(pass *check.Pass, receive inspector.Cursor) bool {
	if pass.Pkg.Name() != "main" {
		return false
	}
	switch receive.Parent().Node().(type) {
	case *ast.ExprStmt, *ast.AssignStmt:
	default:
		return false
	}
	for range receive.Enclosing((*ast.SelectStmt)(nil), (*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncLit)(nil)) {
		return false
	}
	decl := code.Declaration(receive)
	return decl.Valid() && code.IsMainFunc(pass.Pass, decl.Node())
}

// stops reports whether a call is of a method of another package of the program that stops
// something, by its name.
func stops(pass *check.Pass, pkg *signals.Package, call *ast.CallExpr) bool {
	fn := pkg.Callee(call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg() == pass.Pkg || fn.Signature().Recv() == nil || !servers.SameProgram(pass.Pass, fn.Pkg()) {
		return false
	}
	return beginsWith(fn.Name(), "Stop", "Shutdown", "Close", "Flush", "Drain")
}

// removes reports whether a call takes something away that would outlive the process, by
// its name.
func removes(pass *check.Pass, call *ast.CallExpr) bool {
	if code.IsCall(pass.TypesInfo, call, "os.Remove", "os.RemoveAll", "syscall.Unmount", "golang.org/x/sys/unix.Unmount", "golang.org/x/term.Restore") {
		return true
	}
	name := code.CallName(call)
	return strings.HasSuffix(name, "cleanup") || beginsWith(name, "cleanup", "runcleanup", "docleanup", "teardown")
}
