// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// waitedFor reports whether a command is run to its end on the spot: by a method of the
// call, or of the variable that it defines.
func waitedFor(pass *check.Pass, cur inspector.Cursor) bool {
	if sel, ok := cur.Parent().Node().(*ast.SelectorExpr); ok {
		return runs(sel.Sel.Name)
	}
	id := defines(cur)
	if id == nil {
		return false
	}
	cmd := pass.TypesInfo.Defs[id]
	fn, _ := code.Enclosing(cur)
	if cmd == nil || !fn.Valid() {
		return false
	}
	methods := map[string]bool{}
	for use := range fn.Preorder((*ast.SelectorExpr)(nil)) {
		sel := use.Node().(*ast.SelectorExpr)
		if code.ObjectOf(pass.TypesInfo, sel.X) != cmd {
			continue
		}
		if own, _ := code.Enclosing(use); own != fn {
			return false
		}
		methods[sel.Sel.Name] = true
	}
	if methods["Process"] || methods["Cancel"] || methods["WaitDelay"] { // it is ended in another way
		return false
	}
	if methods["Start"] && (!methods["Wait"] || escapes(pass, fn, cmd)) { // it is not waited for, or elsewhere
		return false
	}
	return methods["Run"] || methods["Output"] || methods["CombinedOutput"] || methods["Start"]
}

// escapes reports whether a function gives a command away: who has it may end it.
func escapes(pass *check.Pass, fn inspector.Cursor, cmd types.Object) bool {
	for use := range fn.Preorder((*ast.Ident)(nil)) {
		if pass.TypesInfo.Uses[use.Node().(*ast.Ident)] != cmd {
			continue
		}
		if kind := use.ParentEdgeKind(); kind != edge.SelectorExpr_X && kind != edge.AssignStmt_Lhs {
			return true
		}
	}
	return false
}

// defines returns the variable that is defined with a call as its value.
func defines(call inspector.Cursor) *ast.Ident {
	switch kind, i := call.ParentEdge(); kind {
	case edge.AssignStmt_Rhs:
		as := call.Parent().Node().(*ast.AssignStmt)
		if len(as.Lhs) == 1 && as.Tok == token.DEFINE {
			id, _ := as.Lhs[0].(*ast.Ident)
			return id
		}
	case edge.ValueSpec_Values:
		return call.Parent().Node().(*ast.ValueSpec).Names[i]
	}
	return nil
}

func runs(method string) bool {
	return method == "Run" || method == "Output" || method == "CombinedOutput"
}

// onTerminal reports whether a function gives commands the program's own terminal: a
// person is there to end them. Servers write to theirs as well, but read nothing.
func onTerminal(pass *check.Pass, cur inspector.Cursor) bool {
	fn, _ := code.Enclosing(cur)
	for c := range fn.Preorder((*ast.SelectorExpr)(nil)) {
		sel := c.Node().(*ast.SelectorExpr)
		id, ok := sel.X.(*ast.Ident)
		if !ok || id.Name != "os" {
			continue
		}
		if sel.Sel.Name == "Stdin" || sel.Sel.Name == "Stdout" && ofProgram(pass.Pkg) {
			return true
		}
	}
	return false
}

// ofProgram reports whether a package is main, or one of commands that are not those of
// a server.
func ofProgram(pkg *types.Package) bool {
	return ofCommands(pkg) && !strings.Contains("/"+pkg.Path()+"/", "/serve/")
}

// ofUser reports whether the name of a command is one that the user of the program has
// set: it comes from a field, or through variables and parameters from anything but a
// constant or a look for a program by its name.
func ofUser(pass *check.Pass, cur inspector.Cursor, e ast.Expr) bool {
	return (&words{pass, map[types.Object]bool{}}).ofUser(cur, e)
}

// shells run what follows a flag of theirs.
var shells = []string{"sh", "bash", "zsh", "dash", "ash", "cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh"}

// line returns what says what a command is: the name of the program, or the line that a shell
// is given.
func line(pass *check.Pass, call *ast.CallExpr) ast.Expr {
	name, ok := text(pass, call.Args[0])
	if !ok || len(call.Args) < 3 || !slices.Contains(shells, name[strings.LastIndex(name, "/")+1:]) {
		return call.Args[0]
	}
	for i, arg := range call.Args[1 : len(call.Args)-1] {
		if flag, ok := text(pass, arg); ok && (strings.HasSuffix(strings.ToLower(flag), "c") || flag == "-Command") {
			return call.Args[i+2]
		}
	}
	return call.Args[0]
}

func text(pass *check.Pass, e ast.Expr) (string, bool) {
	tv := pass.TypesInfo.Types[e]
	if tv.Value == nil || tv.Value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(tv.Value), true
}

// words follows the words of a command to where they come from.
type words struct {
	*check.Pass
	seen map[types.Object]bool // each is followed once
}

func (w *words) ofUser(cur inspector.Cursor, e ast.Expr) bool {
	if w.TypesInfo.Types[e].Value != nil {
		return false
	}
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.IndexExpr:
		return w.ofUser(cur, e.X)
	case *ast.CallExpr:
		return w.split(cur, e)
	case *ast.StarExpr:
		v, ok := code.ObjectOf(w.TypesInfo, e.X).(*types.Var)
		return ok && w.flag(v)
	case *ast.SelectorExpr:
		id = e.Sel
	case *ast.Ident:
		id = e
	default:
		return false
	}
	v, ok := w.TypesInfo.Uses[id].(*types.Var)
	if !ok || w.seen[v] {
		return false
	}
	w.seen[v] = true
	if v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
		return w.flag(v)
	}
	if v.IsField() {
		return w.configured(v)
	}
	return w.variable(cur, v)
}

// flag reports whether a variable of the package has what a flag of the command line says.
func (w *words) flag(v *types.Var) bool {
	for cur := range w.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		fn, ok := typeutil.Callee(w.TypesInfo, call).(*types.Func)
		if !ok || fn.Pkg() == nil || !strings.Contains(fn.Pkg().Path(), "flag") {
			continue
		}
		if spec, ok := cur.Parent().Node().(*ast.ValueSpec); ok && len(spec.Names) == 1 && w.TypesInfo.Defs[spec.Names[0]] == v {
			return true
		}
		for _, arg := range call.Args {
			if addr, ok := arg.(*ast.UnaryExpr); ok && addr.Op == token.AND && code.ObjectOf(w.TypesInfo, addr.X) == v {
				return true
			}
		}
	}
	return false
}

// split reports whether a call takes a line that the user has set apart into words, or
// is of a function of the package that returns such.
func (w *words) split(cur inspector.Cursor, call *ast.CallExpr) bool {
	fn := typeutil.StaticCallee(w.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	if fn.Pkg() == w.Pkg {
		return w.returned(fn)
	}
	switch path := fn.Pkg().Path(); {
	case path == "os":
		return fn.Name() == "Getenv"
	case path == "strings", strings.Contains(path, "shlex"), strings.Contains(path, "shellquote"), strings.Contains(path, "shellwords"):
		return len(call.Args) > 0 && w.ofUser(cur, call.Args[0])
	}
	return false
}

// returned reports whether a function of the package returns what the user has set.
func (w *words) returned(fn *types.Func) bool {
	if w.seen[fn] {
		return false
	}
	w.seen[fn] = true
	for cur := range w.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		if w.TypesInfo.Defs[cur.Node().(*ast.FuncDecl).Name] != fn {
			continue
		}
		for ret := range cur.Preorder((*ast.ReturnStmt)(nil)) {
			if results := ret.Node().(*ast.ReturnStmt).Results; len(results) > 0 && w.ofUser(ret, results[0]) {
				return true
			}
		}
	}
	return false
}

// variable is ofUser for a local variable or a parameter.
func (w *words) variable(cur inspector.Cursor, v *types.Var) bool {
	decl := code.Declaration(cur)
	if !decl.Valid() {
		return false
	}
	fn := decl.Node().(*ast.FuncDecl)
	if v.Pos() < fn.Body.Pos() {
		return !fn.Name.IsExported() && passed(w.Pass, fn, v, func(call inspector.Cursor, arg ast.Expr) bool {
			return w.ofUser(call, arg)
		})
	}
	found := false
	for c := range decl.Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil)) {
		for value := range values(w.TypesInfo, c.Node(), v) {
			if w.empty(value) || code.Mentions(w.TypesInfo, value, v) && !w.appends(c, value) {
				continue // nothing, or more of the same
			}
			if !code.Mentions(w.TypesInfo, value, v) && !w.ofUser(c, value) {
				return false
			}
			found = true
		}
	}
	return found || w.ranged(decl, v)
}

// local reports whether a variable is one of a function's own body.
func (w *words) local(cur inspector.Cursor, v *types.Var) bool {
	decl := code.Declaration(cur)
	return decl.Valid() && code.ContainsPos(decl.Node().(*ast.FuncDecl).Body, v.Pos())
}

// configured reports whether a field is one that the package does not set to a command
// of its own, nor to what a look for a program finds. What it sets an exported field to
// is a default.
func (w *words) configured(field *types.Var) bool {
	for cur := range w.Inspect.Root().Preorder((*ast.AssignStmt)(nil), (*ast.KeyValueExpr)(nil), (*ast.CompositeLit)(nil)) {
		value, sets := setTo(w.TypesInfo, cur.Node(), field)
		if !sets || code.IsTest(w.Fset, cur.Node().Pos()) {
			continue
		}
		if value == nil || !field.Exported() && w.TypesInfo.Types[value].Value != nil {
			return false
		}
		if call, ok := value.(*ast.CallExpr); ok && !w.split(cur, call) {
			return false
		}
		if v, ok := code.ObjectOf(w.TypesInfo, value).(*types.Var); ok && !v.IsField() && w.local(cur, v) && !w.ofUser(cur, value) {
			return false
		}
	}
	return true
}
