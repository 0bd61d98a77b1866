// SPDX-License-Identifier: Apache-2.0

package chans

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

type walker struct {
	pass    *analysis.Pass
	info    *types.Info
	groups  map[*types.Var]*Group
	called  map[*types.Func]bool // only ever called, as far as seen
	asValue map[*types.Func]bool // used other than by a call
	params  []param
}

// param is a parameter that is a channel; who calls decides what it holds.
type param struct {
	v  *types.Var
	fn *types.Func // nil for a literal
	at inspector.Cursor
}

func run(pass *analysis.Pass) (any, error) {
	w := &walker{
		pass: pass, info: pass.TypesInfo, groups: map[*types.Var]*Group{},
		called: map[*types.Func]bool{}, asValue: map[*types.Func]bool{},
	}
	root := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root()
	for file := range root.Children() {
		if !w.test(file) {
			w.file(file)
		}
	}
	w.strangers()
	funcs := FuncsOf(root, pass.TypesInfo)
	funcs.Starts = slices.DeleteFunc(funcs.Starts, func(s Start) bool { return w.test(s.Go) })
	return &Info{Funcs: funcs, groups: w.groups, all: distinct(w.groups)}, nil
}

// test reports whether something is in a test. go vet looks at a package together with
// its tests: what they make, send and receive says nothing about the program.
func (w *walker) test(at inspector.Cursor) bool { return code.IsTest(w.pass.Fset, at.Node().Pos()) }

func (w *walker) file(file inspector.Cursor) {
	for cur := range file.Preorder((*ast.Ident)(nil), (*ast.CompositeLit)(nil), (*ast.CallExpr)(nil)) {
		switch cur.Node().(type) {
		case *ast.Ident:
			w.ident(cur)
		case *ast.CompositeLit:
			w.unkeyed(cur)
		case *ast.CallExpr:
			w.arguments(cur)
		}
	}
}

func (w *walker) ident(cur inspector.Cursor) {
	id := cur.Node().(*ast.Ident)
	switch obj := w.info.ObjectOf(id).(type) {
	case *types.Func:
		w.function(cur, obj)
	case *types.Var:
		if code.IsChan(obj.Type()) {
			w.channel(cur, obj.Origin())
		}
	}
}

// function notes whether a function of this package is called or used as a value.
func (w *walker) function(cur inspector.Cursor, fn *types.Func) {
	if fn.Pkg() != w.pass.Pkg || w.info.Defs[cur.Node().(*ast.Ident)] != nil {
		return
	}
	fn = fn.Origin()
	if at := whole(cur); at.ParentEdgeKind() == edge.CallExpr_Fun {
		w.called[fn] = true
	} else {
		w.asValue[fn] = true
	}
}

// whole returns the expression that an identifier names something with: x.f for f, and
// parentheses around it.
func whole(cur inspector.Cursor) inspector.Cursor {
	if cur.ParentEdgeKind() == edge.SelectorExpr_Sel {
		cur = cur.Parent()
	}
	for cur.ParentEdgeKind() == edge.ParenExpr_X {
		cur = cur.Parent()
	}
	return cur
}

func (w *walker) group(v *types.Var) *Group {
	g := w.groups[v]
	if g == nil {
		g = &Group{Vars: []*types.Var{v}}
		w.groups[v] = g
	}
	return g
}

func (w *walker) same(a, b *types.Var) {
	a, b = a.Origin(), b.Origin()
	ga, gb := w.group(a), w.group(b)
	if ga == gb {
		return
	}
	ga.Vars = append(ga.Vars, gb.Vars...)
	ga.Uses = append(ga.Uses, gb.Uses...)
	for _, v := range gb.Vars {
		w.groups[v] = ga
	}
}

func (w *walker) use(k Kind, v *types.Var, at inspector.Cursor) *Use {
	u := &Use{Kind: k, Var: v, At: at}
	g := w.group(v)
	g.Uses = append(g.Uses, u)
	return u
}

// channel notes one mention of a channel.
func (w *walker) channel(cur inspector.Cursor, v *types.Var) {
	at := whole(cur)
	for isConversion(w.info, at) {
		at = at.Parent()
	}
	switch kind, i := at.ParentEdge(); kind {
	case edge.UnaryExpr_X:
		if at.Parent().Node().(*ast.UnaryExpr).Op == token.ARROW {
			w.use(Receive, v, at)
		} else {
			w.use(Escape, v, at)
		}
	case edge.RangeStmt_X:
		w.use(Receive, v, at)
	case edge.RangeStmt_Key, edge.RangeStmt_Value:
		w.use(Origin, v, at)
	case edge.SendStmt_Chan:
		w.use(Send, v, at)
	case edge.BinaryExpr_X, edge.BinaryExpr_Y, edge.ExprStmt_X:
	case edge.CallExpr_Args:
		w.argument(at, v, i)
	case edge.AssignStmt_Lhs, edge.AssignStmt_Rhs:
		w.assignment(kind, v, at, i)
	case edge.ValueSpec_Names, edge.ValueSpec_Values:
		w.declaration(kind, v, at, i)
	case edge.KeyValueExpr_Key:
		w.key(v, at)
	case edge.KeyValueExpr_Value:
		w.flows(v, at, at.Parent().Node().(*ast.KeyValueExpr).Key)
	case edge.Field_Names:
		w.field(v, at)
	case edge.CompositeLit_Elts:
		w.element(v, at, i)
	default:
		w.use(Escape, v, at)
	}
}

func (w *walker) assignment(side edge.Kind, v *types.Var, at inspector.Cursor, i int) {
	s := at.Parent().Node().(*ast.AssignStmt)
	if side == edge.AssignStmt_Lhs {
		w.assigned(v, at, counterpart(s.Rhs, i, len(s.Lhs)))
	} else {
		w.flows(v, at, counterpart(s.Lhs, i, len(s.Rhs)))
	}
}

func (w *walker) declaration(side edge.Kind, v *types.Var, at inspector.Cursor, i int) {
	s := at.Parent().Node().(*ast.ValueSpec)
	switch {
	case side == edge.ValueSpec_Values && i < len(s.Names):
		w.flows(v, at, s.Names[i])
	case side == edge.ValueSpec_Names && len(s.Values) > 0:
		w.assigned(v, at, counterpart(s.Values, i, len(s.Names)))
	}
}

// key notes a field of a struct's literal, or the key of a map's.
func (w *walker) key(v *types.Var, at inspector.Cursor) {
	if v.IsField() {
		w.assigned(v, at, at.Parent().Node().(*ast.KeyValueExpr).Value)
		return
	}
	w.use(Escape, v, at)
}

// unkeyed notes what the fields get in a struct's literal that does not name them.
func (w *walker) unkeyed(cur inspector.Cursor) {
	lit := cur.Node().(*ast.CompositeLit)
	for i, e := range lit.Elts {
		if f := w.positional(lit, i); f != nil && code.IsChan(f.Type()) {
			w.assigned(f, cur, e)
		}
	}
}

// element notes a channel that is an element of a literal.
func (w *walker) element(v *types.Var, at inspector.Cursor, i int) {
	if f := w.positional(at.Parent().Node().(*ast.CompositeLit), i); f != nil && code.IsChan(f.Type()) {
		w.same(v, f)
		return
	}
	w.use(Escape, v, at)
}

// positional returns the field that the i-th element of a struct's literal without names
// is for.
func (w *walker) positional(lit *ast.CompositeLit, i int) *types.Var {
	typ := w.info.TypeOf(lit)
	if typ == nil {
		return nil
	}
	t, ok := typ.Underlying().(*types.Struct)
	if _, keyed := lit.Elts[i].(*ast.KeyValueExpr); !ok || keyed || i >= t.NumFields() {
		return nil
	}
	return t.Field(i).Origin()
}

// isConversion reports whether an expression is what a conversion converts.
func isConversion(info *types.Info, at inspector.Cursor) bool {
	if at.ParentEdgeKind() != edge.CallExpr_Args {
		return false
	}
	tv := info.Types[at.Parent().Node().(*ast.CallExpr).Fun]
	return tv.IsType()
}

// counterpart is what stands opposite the i-th of n expressions, nil if the other side
// is one call for all of them.
func counterpart(side []ast.Expr, i, n int) ast.Expr {
	if len(side) != n {
		return nil
	}
	return side[i]
}

// assigned notes that v gets a value.
func (w *walker) assigned(v *types.Var, at inspector.Cursor, value ast.Expr) {
	if value == nil {
		w.use(Origin, v, at)
		return
	}
	value = ast.Unparen(value)
	if call, ok := value.(*ast.CallExpr); ok {
		if b, ok := typeutil.Callee(w.info, call).(*types.Builtin); ok && b.Name() == "make" {
			w.use(Make, v, at).Make = call
			return
		}
	}
	if tv := w.info.Types[value]; tv.IsNil() || w.variable(value) != nil {
		return // a variable's own mention notes that they are the same
	}
	w.use(Origin, v, at)
}

// flows notes that what v holds goes to another variable.
func (w *walker) flows(v *types.Var, at inspector.Cursor, to ast.Expr) {
	if id, ok := to.(*ast.Ident); ok && id.Name == "_" {
		return
	}
	if other := w.variable(to); other != nil && code.IsChan(other.Type()) {
		w.same(v, other)
		return
	}
	w.use(Escape, v, at)
}

// variable returns the variable or field that an expression names, through conversions.
func (w *walker) variable(e ast.Expr) *types.Var {
	var obj types.Object
	switch e := e.(type) {
	case *ast.ParenExpr:
		return w.variable(e.X)
	case *ast.Ident:
		obj = w.info.ObjectOf(e)
	case *ast.SelectorExpr:
		obj = w.info.ObjectOf(e.Sel)
	case *ast.CallExpr:
		if w.info.Types[e.Fun].IsType() && len(e.Args) == 1 {
			return w.variable(e.Args[0])
		}
	}
	v, _ := obj.(*types.Var)
	return v
}

func (w *walker) argument(at inspector.Cursor, v *types.Var, i int) {
	call := at.Parent().Node().(*ast.CallExpr)
	if b, ok := typeutil.Callee(w.info, call).(*types.Builtin); ok {
		switch b.Name() {
		case "close":
			w.use(Close, v, at)
		case "len", "cap":
		default:
			w.use(Escape, v, at)
		}
		return
	}
	if p := w.parameter(call, i); p != nil && code.IsChan(p.Type()) {
		w.same(v, p)
		return
	}
	w.use(Escape, v, at)
}

// arguments notes what the parameters get in a call of a function of the package, where
// it is not a variable: those note it themselves.
func (w *walker) arguments(cur inspector.Cursor) {
	call := cur.Node().(*ast.CallExpr)
	for i, arg := range call.Args {
		if p := w.parameter(call, i); p != nil && code.IsChan(p.Type()) {
			w.assigned(p, cur, arg)
		}
	}
}

// parameter returns the variable that holds the i-th argument of a call, if what is
// called is in this package.
func (w *walker) parameter(call *ast.CallExpr, i int) *types.Var {
	var sig *types.Signature
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		sig, _ = w.info.TypeOf(lit).(*types.Signature)
	} else if fn := typeutil.StaticCallee(w.info, call); fn != nil && fn.Pkg() == w.pass.Pkg {
		sig = fn.Origin().Signature()
	}
	if sig == nil || i >= sig.Params().Len() || sig.Variadic() && i >= sig.Params().Len()-1 {
		return nil
	}
	return sig.Params().At(i)
}

// field notes a parameter; fields of structs and results are made elsewhere.
func (w *walker) field(v *types.Var, at inspector.Cursor) {
	if v.IsField() {
		w.group(v)
		return
	}
	for f := range at.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil), (*ast.FuncType)(nil), (*ast.InterfaceType)(nil)) {
		switch n := f.Node().(type) {
		case *ast.FuncType:
			continue
		case *ast.FuncDecl:
			fn, _ := w.info.Defs[n.Name].(*types.Func)
			if n.Type.Results == nil || at.Node().Pos() < n.Type.Results.Pos() {
				w.params = append(w.params, param{v: v, fn: fn, at: at})
			} else {
				w.use(Escape, v, at) // a named result
			}
		case *ast.FuncLit:
			if f.ParentEdgeKind() != edge.CallExpr_Fun {
				w.use(Origin, v, at)
			}
		}
		return
	}
}

// strangers marks the parameters that callers outside the package, or unknown ones, set.
func (w *walker) strangers() {
	for _, p := range w.params {
		if p.fn == nil || w.asValue[p.fn] || !w.called[p.fn] || p.fn.Exported() && w.pass.Pkg.Name() != "main" {
			w.use(Origin, p.v, p.at)
		}
	}
}

// distinct returns each group once, in the order of the source.
func distinct(groups map[*types.Var]*Group) []*Group {
	seen := map[*Group]bool{}
	var out []*Group
	for _, g := range groups {
		if !seen[g] {
			seen[g] = true
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b *Group) int { return cmp.Compare(a.pos(), b.pos()) })
	return out
}

// pos is that of the first use, or of the variable.
func (g *Group) pos() token.Pos {
	least := g.Vars[0].Pos()
	for _, u := range g.Uses {
		least = min(least, u.At.Node().Pos())
	}
	return least
}
