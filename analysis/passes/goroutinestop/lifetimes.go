// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// lifetimes finds the functions that make an object with a goroutine that only a method of
// the object ends, and those that never come back. Its result is a *owners.
var lifetimes = &analysis.Analyzer{
	Name:       "quiescelifetimes",
	Doc:        "find functions that make what has a goroutine until it is stopped",
	Run:        findOwners,
	Requires:   []*analysis.Analyzer{inspect.Analyzer, chans.Analyzer},
	ResultType: reflect.TypeFor[*owners](),
	FactTypes:  []analysis.Fact{new(owned), new(unending)},
}

// owned says that a function starts a goroutine that ends when the method Stop of its
// result is called, and not before.
type owned struct{ Stop string }

// AFact makes it a fact.
func (*owned) AFact() {}

// String describes it, as tests of facts have it.
func (o *owned) String() string { return "has a goroutine until " + o.Stop }

// owners knows the functions that make what has a goroutine, or never come back.
type owners struct {
	stop   map[*types.Func]string
	starts map[*types.Func]ast.Node // of the package: where the goroutine starts

	endless map[*types.Func]bool // those that never come back
}

func findOwners(pass *analysis.Pass) (any, error) {
	o := &owners{stop: map[*types.Func]string{}, starts: map[*types.Func]ast.Node{}, endless: map[*types.Func]bool{}}
	for _, fact := range pass.AllObjectFacts() {
		fn, ok := fact.Object.(*types.Func)
		if !ok {
			continue
		}
		switch fact := fact.Fact.(type) {
		case *owned:
			o.stop[fn] = fact.Stop
		case *unending:
			o.endless[fn] = true
		}
	}
	info := pass.ResultOf[chans.Analyzer].(*chans.Info)
	f := &finder{Pass: &check.Pass{Pass: pass, Inspect: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)}, chans: info, owners: o}
	f.findEndless(o)
	if len(info.Funcs.Starts) == 0 || f.finalizes() {
		return o, nil
	}
	for _, start := range info.Funcs.Starts {
		made := f.maker(start.Go)
		if !made.Valid() {
			continue
		}
		fn, _ := f.TypesInfo.Defs[made.Node().(*ast.FuncDecl).Name].(*types.Func)
		t := f.result(fn)
		if t == nil {
			continue
		}
		if stop := f.endedOnlyBy(start.Body, t, 2); stop != "" {
			o.stop[fn], o.starts[fn] = stop, start.Go.Node()
			pass.ExportObjectFact(fn, &owned{stop})
		}
	}
	return o, nil
}

// finalizes reports whether the package stops something when nobody refers to it any more.
func (f *finder) finalizes() bool {
	if !code.Imports(f.Pkg, "runtime") {
		return false
	}
	for cur := range f.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if code.IsCall(f.TypesInfo, cur.Node(), "runtime.SetFinalizer", "runtime.AddCleanup") {
			return true
		}
	}
	return false
}

// maker returns the function that starts a goroutine in any case: the one around the go
// statement, or the only one that calls that, if it is a method.
func (f *finder) maker(start inspector.Cursor) inspector.Cursor {
	none := inspector.Cursor{}
	decl := code.Declaration(start)
	if !decl.Valid() || start.Parent().Node() != decl.Node().(*ast.FuncDecl).Body {
		return none
	}
	if decl.Node().(*ast.FuncDecl).Recv == nil {
		return decl
	}
	calls := f.chans.Funcs.Calls(decl)
	if len(calls) != 1 {
		return none
	}
	outer := code.Declaration(calls[0])
	if stmt, ok := calls[0].Parent().Node().(*ast.ExprStmt); !ok || !outer.Valid() || outer.Node().(*ast.FuncDecl).Recv != nil || calls[0].Parent().Parent().Node() != outer.Node().(*ast.FuncDecl).Body || stmt == nil {
		return none
	}
	return outer
}

// result returns the struct type of the package that a function makes one of.
func (f *finder) result(fn *types.Func) *types.TypeName {
	if fn == nil || fn.Signature().Recv() != nil || fn.Signature().Results().Len() == 0 {
		return nil
	}
	return f.named(fn.Signature().Results().At(0).Type())
}

// endedOnlyBy returns the method of a type that a loop of a function waits for, and that
// alone ends it; empty if there is none.
func (f *finder) endedOnlyBy(fn inspector.Cursor, t *types.TypeName, depth int) string {
	if g := flow.Of(f.TypesInfo, code.Body(fn.Node())); g != nil {
		for _, loop := range f.allLoops(fn) {
			if stop := f.leftByStop(g, code.Body(fn.Node()), loop, t); stop != "" {
				return stop
			}
		}
	}
	for _, s := range code.Body(fn.Node()).List {
		stmt, ok := s.(*ast.ExprStmt)
		if !ok || depth == 0 {
			continue
		}
		if call, ok := stmt.X.(*ast.CallExpr); ok {
			if callee := f.chans.Funcs.Callee(call); callee.Valid() && callee != fn {
				if stop := f.endedOnlyBy(callee, t, depth-1); stop != "" {
					return stop
				}
			}
		}
	}
	return ""
}

// allLoops returns the loops of a function without a condition, and those over a channel.
func (f *finder) allLoops(fn inspector.Cursor) (out []ast.Stmt) {
	for cur := range fn.Preorder((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
		if code.Function(cur) != fn {
			continue
		}
		switch n := cur.Node().(type) {
		case *ast.ForStmt:
			if n.Cond == nil && len(n.Body.List) > 0 {
				out = append(out, n)
			}
		case *ast.RangeStmt:
			if code.IsChan(f.TypesInfo.TypeOf(n.X)) {
				out = append(out, n)
			}
		}
	}
	return out
}

// leftByStop returns the method of a type that alone makes control leave a loop, but for
// panics, which end the process.
func (f *finder) leftByStop(g *flow.Graph, body *ast.BlockStmt, loop ast.Stmt, t *types.TypeName) (stop string) {
	from := firstStep(g, loop)
	if over, ok := loop.(*ast.RangeStmt); ok {
		from = g.At(over.X.Pos())
	}
	if from == nil {
		return ""
	}
	note := func(name string) bool {
		if name != "" {
			stop = name
		}
		return name != ""
	}
	next := func(s *flow.Step) []*flow.Step {
		if over, ok := s.Node.(*ast.RangeStmt); ok {
			if note(f.closerOf(over.X, t)) {
				return s.Next[:1]
			}
			return s.Next
		}
		if cond, ok := s.Node.(ast.Expr); ok && note(f.closedCond(body, cond, t)) {
			return s.Next[1:]
		}
		if note(f.wordIn(s, t)) {
			return nil
		}
		return s.Next
	}
	end := flow.Search([]*flow.Step{from}, next, func(s *flow.Step) bool { return s == g.Exit })
	if end != nil {
		return ""
	}
	return stop
}

// wordIn returns the method that makes a receive ready that says nothing else: no other
// function closes the channel, or sends to it.
func (f *finder) wordIn(s *flow.Step, t *types.TypeName) (stop string) {
	flow.Has(s, func(n ast.Node) bool {
		if u, ok := n.(*ast.UnaryExpr); ok && u.Op == token.ARROW && stop == "" {
			if call, ok := ast.Unparen(u.X).(*ast.CallExpr); ok {
				stop = f.cancelOf(call, t)
			} else if g := f.ownChannel(u.X); g != nil {
				stop = f.stopOf(append(g.Of(chans.Close), g.Of(chans.Send)...), t)
			}
		}
		return stop != ""
	})
	return stop
}

// ownChannel returns what is done with a channel that the package makes, and nobody else has.
func (f *finder) ownChannel(e ast.Expr) *chans.Group {
	v, _ := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	if g := f.chans.Of(v); g != nil && g.Private(f.Pkg) && g.Has(chans.Make) {
		return g
	}
	return nil
}

// closedCond returns the method that closes the channel of which a condition "!ok" says that
// it is closed.
func (f *finder) closedCond(body *ast.BlockStmt, cond ast.Expr, t *types.TypeName) (stop string) {
	not, isNot := ast.Unparen(cond).(*ast.UnaryExpr)
	if !isNot || not.Op != token.NOT {
		return ""
	}
	second := code.ObjectOf(f.TypesInfo, not.X)
	all := second != nil
	ast.Inspect(body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != 2 || len(a.Rhs) != 1 || code.ObjectOf(f.TypesInfo, a.Lhs[1]) != second {
			return true
		}
		u, ok := ast.Unparen(a.Rhs[0]).(*ast.UnaryExpr)
		if ok && u.Op == token.ARROW {
			stop = f.closerOf(u.X, t)
		}
		all = all && ok && stop != ""
		return true
	})
	if !all {
		return ""
	}
	return stop
}

// closerOf returns the method of a type that alone closes a channel.
func (f *finder) closerOf(e ast.Expr, t *types.TypeName) string {
	g := f.ownChannel(e)
	if g == nil {
		return ""
	}
	return f.stopOf(g.Of(chans.Close), t)
}

// stopOf returns the method of a type that all of the uses of a channel are in.
func (f *finder) stopOf(uses []*chans.Use, t *types.TypeName) (stop string) {
	for _, u := range uses {
		name := f.stopMethod(u.At, t)
		if name == "" || stop != "" && stop != name {
			return ""
		}
		stop = name
	}
	return stop
}

// stopMethod returns the name of the method of a type that a place is in, if it is one that
// stops, and that no other method of the type calls.
func (f *finder) stopMethod(at inspector.Cursor, t *types.TypeName) string {
	decl := code.Declaration(at)
	if !decl.Valid() || !f.methodOf(decl, t) || !stopsByName(decl.Node().(*ast.FuncDecl).Name.Name) {
		return ""
	}
	for _, call := range f.chans.Funcs.Calls(decl) {
		if by := code.Declaration(call); by.Valid() && f.methodOf(by, t) && !code.IsTest(f.Fset, call.Node().Pos()) {
			return ""
		}
	}
	return decl.Node().(*ast.FuncDecl).Name.Name
}

// methodOf reports whether a function is a method of a type.
func (f *finder) methodOf(decl inspector.Cursor, t *types.TypeName) bool {
	n := decl.Node().(*ast.FuncDecl)
	return n.Recv != nil && f.named(f.TypesInfo.TypeOf(n.Recv.List[0].Type)) == t
}

// cancelOf returns the method of a type that cancels the context that a goroutine waits for
// with a call of Done, if the type keeps it, and nobody else ends it.
func (f *finder) cancelOf(done *ast.CallExpr, t *types.TypeName) string {
	if !code.IsCall(f.TypesInfo, done, "(context.Context).Done") {
		return ""
	}
	s, ok := t.Type().Underlying().(*types.Struct)
	if !ok {
		return ""
	}
	for field := range s.Fields() {
		if !code.IsNamed(field.Type(), "context.CancelFunc") || !f.fromNothing(field, code.Receiver(done)) {
			continue
		}
		for cur := range f.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
			if call := cur.Node().(*ast.CallExpr); code.ObjectOf(f.TypesInfo, call.Fun) == field {
				return f.stopMethod(cur, t)
			}
		}
	}
	return ""
}

// fromNothing reports whether the package makes one context with a cancel function from
// context.Background, and no other, and keeps the function in a field.
func (f *finder) fromNothing(field *types.Var, ctx ast.Expr) bool {
	made := 0
	for cur := range f.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if code.IsTest(f.Fset, call.Pos()) || !strings.HasPrefix(code.Callee(f.TypesInfo, call), "context.With") {
			continue
		}
		if !code.IsCall(f.TypesInfo, call, "context.WithCancel") || !f.nothing(call.Args[0]) {
			return false
		}
		made++
	}
	return made == 1 && ctx != nil
}

// stopsByName reports whether a method is one that stops its object.
func stopsByName(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"close", "stop", "shut", "halt", "terminate", "teardown", "destroy", "dispose", "release", "quit", "cancel", "kill", "disconnect", "end", "finish", "exit", "abort", "unregister", "unsubscribe", "clean"} {
		if strings.HasPrefix(name, word) {
			return true
		}
	}
	return false
}
