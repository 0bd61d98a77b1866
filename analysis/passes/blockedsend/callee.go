// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// callees finds the functions that receive from a parameter and leave at an error, and the
// methods of interfaces whose callers leave the channel that they get, those of other packages
// among them. Its result is a *receivers.
var callees = &analysis.Analyzer{
	Name:       "quiescereceivers",
	Doc:        "find functions that receive from a parameter, and leave at an error",
	Run:        findReceivers,
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	ResultType: reflect.TypeFor[*receivers](),
	FactTypes:  []analysis.Fact{new(abandons), new(dropped)},
}

// abandons says that a function receives from parameters, and that all that does so leaves
// at an error, and the rest of what is sent to nobody.
type abandons struct {
	Params []int // in order
}

// AFact makes it a fact.
func (*abandons) AFact() {}

// String describes it, as tests of facts have it.
func (*abandons) String() string { return "leaves a channel at an error" }

// receivers knows the functions that leave the channel of a parameter at an error.
type receivers struct {
	pass    *analysis.Pass
	known   map[*types.Func][]int
	dropped map[*types.Func]int // the result, by the method of an interface
}

func findReceivers(pass *analysis.Pass) (any, error) {
	r := &receivers{pass: pass, known: map[*types.Func][]int{}, dropped: map[*types.Func]int{}}
	for _, f := range pass.AllObjectFacts() {
		fn, ok := f.Object.(*types.Func)
		if !ok {
			continue
		}
		switch fact := f.Fact.(type) {
		case *abandons:
			r.known[fn] = fact.Params
		case *dropped:
			r.dropped[fn] = fact.Result
		}
	}
	var open []inspector.Cursor
	for cur := range r.root().Preorder((*ast.FuncDecl)(nil)) {
		if decl := cur.Node().(*ast.FuncDecl); decl.Body != nil && r.takesChan(decl) && !code.IsTest(pass.Fset, decl.Pos()) {
			open = append(open, cur)
		}
	}
	for more := true; more; { // a function may give its parameter to another one
		n := len(open)
		open = slices.DeleteFunc(open, r.learn)
		more = len(open) < n
	}
	r.drops()
	return r, nil
}

// root returns the files of the package.
func (r *receivers) root() inspector.Cursor {
	return r.pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root()
}

// takesChan reports whether a function has a parameter that it may receive from.
func (r *receivers) takesChan(decl *ast.FuncDecl) bool {
	return slices.ContainsFunc(decl.Type.Params.List, func(f *ast.Field) bool { return mayReceive(r.pass.TypesInfo.TypeOf(f.Type)) })
}

// mayReceive reports whether a type is a channel to receive from, of something other than
// errors: an error is the last that is sent.
func mayReceive(t types.Type) bool {
	if t == nil {
		return false
	}
	ch, ok := t.Underlying().(*types.Chan)
	return ok && ch.Dir() != types.SendOnly && !isErrorType(ch.Elem())
}

func isErrorType(t types.Type) bool {
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// learn notes what a function does with its parameters, and reports whether that is known.
func (r *receivers) learn(decl inspector.Cursor) bool {
	fn, ok := r.pass.TypesInfo.Defs[decl.Node().(*ast.FuncDecl).Name].(*types.Func)
	if !ok {
		return false
	}
	var out []int
	params := fn.Signature().Params()
	for i := range params.Len() {
		if v := params.At(i); mayReceive(v.Type()) && r.abandoned(decl, v) {
			out = append(out, i)
		}
	}
	if out == nil {
		return false
	}
	r.known[fn] = out
	if fn.Exported() {
		r.pass.ExportObjectFact(fn, &abandons{out})
	}
	return true
}

// abandoned reports whether all that a function does with a parameter is to receive from it
// in loops that an error ends.
func (r *receivers) abandoned(decl inspector.Cursor, v *types.Var) bool {
	found := false
	for cur := range decl.Preorder((*ast.Ident)(nil)) {
		if r.pass.TypesInfo.Uses[cur.Node().(*ast.Ident)] != v {
			continue
		}
		if isLen(r.pass.TypesInfo, cur) {
			continue
		}
		if !r.leaves(cur) {
			return false
		}
		found = true
	}
	return found
}

// isLen reports whether a channel is asked for how much is in it only.
func isLen(info *types.Info, at inspector.Cursor) bool {
	call, ok := at.Parent().Node().(*ast.CallExpr)
	return ok && (code.IsBuiltin(info, call, "len") || code.IsBuiltin(info, call, "cap"))
}

// leaves reports whether a use of a channel is a receive in a loop that an error ends, or a
// call of a function that does so.
func (r *receivers) leaves(at inspector.Cursor) bool {
	switch at.ParentEdgeKind() {
	case edge.RangeStmt_X:
		over := at.Parent().Node().(*ast.RangeStmt)
		return over.Key != nil && r.failing(at.Parent(), []ast.Expr{over.Key})
	case edge.UnaryExpr_X:
		loop, ok := code.Loop(at)
		return ok && r.failing(loop, received(at.Parent()))
	case edge.CallExpr_Args:
		_, i := at.ParentEdge()
		return slices.Contains(r.of(at.Parent().Node().(*ast.CallExpr)), i)
	}
	return false
}

// of returns the parameters that what is called leaves at an error.
func (r *receivers) of(call *ast.CallExpr) []int {
	fn := typeutil.StaticCallee(r.pass.TypesInfo, call)
	if fn == nil {
		return nil
	}
	return r.known[fn.Origin()]
}

// received returns what a receive is assigned to.
func received(receive inspector.Cursor) []ast.Expr {
	if s, ok := receive.Parent().Node().(*ast.AssignStmt); ok {
		return s.Lhs
	}
	return nil
}

// failing reports whether a loop ends at an error that is not of what was received, before
// it has received all.
func (r *receivers) failing(loop inspector.Cursor, got []ast.Expr) bool {
	var jobs []types.Object
	for _, e := range got {
		if obj := code.ObjectOf(r.pass.TypesInfo, e); obj != nil {
			jobs = append(jobs, obj)
		}
	}
	if r.carriesError(loop, jobs) {
		return false
	}
	for cur := range loop.Preorder((*ast.ReturnStmt)(nil), (*ast.BranchStmt)(nil)) {
		if code.Function(cur) == code.Function(loop) && breaks(cur, loop) && r.atError(cur, loop, jobs) {
			return true
		}
	}
	return false
}

// breaks reports whether a statement is a return, or ends the loop.
func breaks(cur, loop inspector.Cursor) bool {
	b, ok := cur.Node().(*ast.BranchStmt)
	return !ok || b.Tok == token.BREAK && code.BreakTarget(cur) == loop
}

// atError reports whether a place in a loop is under a condition about an error, and does
// not end the process.
func (r *receivers) atError(at, loop inspector.Cursor, jobs []types.Object) bool {
	failed := false
	for up := range at.Enclosing((*ast.IfStmt)(nil), (*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
		if up == loop {
			break
		}
		cond, ok := up.Node().(*ast.IfStmt)
		if !ok || !code.Contains(cond.Body, at.Node()) {
			continue
		}
		if slices.ContainsFunc(jobs, func(v types.Object) bool { return code.Mentions(r.pass.TypesInfo, cond.Cond, v) }) || endsProcess(cond.Body) {
			return false
		}
		failed = failed || r.isFailure(cond.Cond)
	}
	return failed
}

// isFailure reports whether a condition is that there is an error.
func (r *receivers) isFailure(e ast.Expr) bool {
	b, ok := ast.Unparen(e).(*ast.BinaryExpr)
	if ok && b.Op == token.LAND {
		return r.isFailure(b.X) || r.isFailure(b.Y)
	}
	return ok && b.Op == token.NEQ && r.pass.TypesInfo.Types[b.Y].IsNil() && isErrorType(r.pass.TypesInfo.TypeOf(b.X))
}

// carriesError reports whether a loop looks at an error of what it has received: the sender
// may know that it is the last.
func (r *receivers) carriesError(loop inspector.Cursor, jobs []types.Object) bool {
	for cur := range loop.Preorder((*ast.SelectorExpr)(nil)) {
		sel := cur.Node().(*ast.SelectorExpr)
		name := strings.ToLower(sel.Sel.Name)
		if (name == "err" || name == "error") && slices.Contains(jobs, code.ObjectOf(r.pass.TypesInfo, sel.X)) {
			return true
		}
	}
	return false
}

// endsProcess reports whether statements call something that ends the process, by its name.
func endsProcess(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			name := code.CallName(call)
			found = found || name == "panic" || strings.Contains(name, "exit") || strings.Contains(name, "fatal") && !strings.HasPrefix(name, "is") && !strings.HasSuffix(name, "error")
		}
		return !found
	})
	return found
}
