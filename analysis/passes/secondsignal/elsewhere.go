// SPDX-License-Identifier: Apache-2.0

package secondsignal

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// A stop is the fact that a function waits without a bound: when one of its parameters, a
// context, has ended, or in any case.
type stop struct {
	Params []int
	Always bool
}

// AFact makes it a fact.
func (*stop) AFact() {}

func (s *stop) String() string { return fmt.Sprint("waits without a bound ", s.Params, " ", s.Always) }

// A commands is the fact that the package of a program has a command, or imports one that
// does, which waits without a bound when the context of its command line has ended.
type commands struct{ Wait bool }

// AFact makes it a fact.
func (*commands) AFact() {}

func (*commands) String() string { return "commands wait without a bound" }

// ofProgram reports whether a package is of the module that is looked at: what those of
// others, and of Go, wait for is not what a program stops.
func ofProgram(pass *check.Pass) bool {
	return server.OfProgram(pass.Pass) && server.InProgram(pass.Pass)
}

// export tells other packages which functions of this one wait without a bound.
func (f finder) export() {
	if code.IsMain(f.pass.Pass) {
		return // nobody imports it
	}
	if f.commandsWait {
		f.pass.ExportPackageFact(&commands{Wait: true})
	}
	for fn, decl := range f.pkg.Functions() {
		if !fn.Exported() || decl.Node().(*ast.FuncDecl).Body == nil || code.IsTest(f.pass.Fset, decl.Node().Pos()) {
			continue
		}
		s := stop{Params: f.params(fn), Always: stops(fn.Name()) && f.waits(decl, limits{}, 0)}
		if s.Always || len(s.Params) > 0 {
			f.pass.ExportObjectFact(fn, &s)
		}
	}
}

// params returns which parameters of a function are contexts whose end an unbounded stop
// follows.
func (f finder) params(fn *types.Func) []int {
	var out []int
	for i := range fn.Signature().Params().Len() {
		param := fn.Signature().Params().At(i)
		if len(f.uses.done[param])+len(f.uses.calls[param]) == 0 {
			continue
		}
		if stop, _ := f.ends(nil, f.derived(param)); stop != nil {
			out = append(out, i)
		}
	}
	return out
}

// commands reports whether a package, or one of the program that it imports, waits without
// a bound when the context of its command line has ended.
func (f finder) commands() bool {
	for _, imported := range f.pass.Pkg.Imports() {
		if server.SameProgram(f.pass.Pass, imported) && f.pass.ImportPackageFact(imported, new(commands)) {
			return true
		}
	}
	if !slices.ContainsFunc(f.pass.Pkg.Imports(), commandLine) {
		return false
	}
	stop, _ := f.ends(nil, f.ofCommands())
	return stop != nil
}

// commandLine reports whether a package is a library for command lines.
func commandLine(pkg *types.Package) bool {
	return pkg.Name() == "cobra" || pkg.Name() == "cli" && strings.Contains(pkg.Path(), "/urfave/")
}

// ofCommandLine reports whether a type is of a library for command lines.
func ofCommandLine(t types.Type) bool {
	if t == nil {
		return false
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && commandLine(n.Obj().Pkg())
}

// ofCommands returns the contexts that commands are run with, and those derived of them.
func (f finder) ofCommands() contextSet {
	found := []types.Object{nil}
	for cur := range f.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil), (*ast.FuncType)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.FuncType:
			if ctx := f.action(n); ctx != nil {
				found = append(found, ctx)
			}
		case *ast.CallExpr:
			assign, ok := cur.Parent().Node().(*ast.AssignStmt)
			if ok && f.contextOfCommand(n) && len(assign.Lhs) == 1 {
				found = append(found, code.ObjectOf(f.pass.TypesInfo, assign.Lhs[0]))
			}
		}
	}
	return f.derived(found...)
}

// contextOfCommand recognises cmd.Context().
func (f finder) contextOfCommand(call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Context" && len(call.Args) == 0 && ofCommandLine(f.pass.TypesInfo.TypeOf(sel.X))
}

// action returns the context of a function func(context.Context, *cli.Command).
func (f finder) action(fn *ast.FuncType) types.Object {
	var ctx types.Object
	command := false
	for _, field := range fn.Params.List {
		t := f.pass.TypesInfo.TypeOf(field.Type)
		if t != nil && code.IsNamed(t, "context.Context") && len(field.Names) == 1 {
			ctx = f.pass.TypesInfo.Defs[field.Names[0]]
		}
		command = command || ofCommandLine(t)
	}
	if !command {
		return nil
	}
	return ctx
}

// given returns what a call of another package, that is given a context, waits for without
// a bound when that has ended, empty for others.
func (f finder) given(u use) string {
	fn := f.pkg.Callee(u.at.Node().(*ast.CallExpr))
	if fn == nil || fn.Pkg() == nil || fn.Pkg() == f.pass.Pkg || !f.waitsWhenDone(fn, u.arg) || f.forced(u.at) {
		return ""
	}
	return fn.Name()
}

// waitsWhenDone reports whether a function of another package waits without a bound when
// its argument i, a context, has ended: by what is known of it, or because it runs a
// command that does.
func (f finder) waitsWhenDone(fn *types.Func, i int) bool {
	var s stop
	if f.pass.ImportObjectFact(fn, &s) && slices.Contains(s.Params, i) {
		return true
	}
	recv := fn.Signature().Recv()
	if recv == nil || !ofCommandLine(recv.Type()) || i != 0 {
		return false
	}
	return (strings.HasPrefix(fn.Name(), "Execute") || strings.HasPrefix(fn.Name(), "Run")) && f.commandsWait
}

// forced reports whether something ends what a call waits for, or nobody waits for the
// call: the function around it knows of a limit of time, or starts a goroutine that exits,
// or the call is in a goroutine that is not counted.
func (f finder) forced(at inspector.Cursor) bool {
	decl := code.Declaration(at)
	if !decl.Valid() {
		return false
	}
	if l := f.limits([]inspector.Cursor{decl}); l.context || l.timer || f.exitsLater(decl) {
		return true
	}
	if _, ok := server.Goroutine(at); !ok {
		return false
	}
	for call := range signals.Synchronous(decl) {
		if code.IsCall(f.pass.TypesInfo, call, "(*sync.WaitGroup).Wait") {
			return false
		}
	}
	return true
}

// exitsLater reports whether a function literal waits for something, and then ends the
// program or gives the signals back.
func (f finder) exitsLater(decl inspector.Cursor) bool {
	for lit := range decl.Preorder((*ast.FuncLit)(nil)) {
		waits := token.NoPos
		for cur := range lit.Preorder((*ast.UnaryExpr)(nil), (*ast.CallExpr)(nil)) {
			switch n := cur.Node().(type) {
			case *ast.UnaryExpr:
				if n.Op == token.ARROW {
					waits = n.Pos()
				}
			case *ast.CallExpr:
				if waits.IsValid() && (signals.Ends(n) || f.gives(n)) {
					return true
				}
			}
		}
	}
	return false
}
