// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// A gift is a channel that a function makes, with the calls that it is given to, of functions
// that receive from it and leave at an error.
type gift struct {
	*leavers
	known *receivers
	made  *chans.Use
	owner inspector.Cursor // the function that makes it
	calls []inspector.Cursor
	sends []sending
}

// A sending is a send, with the place in the function that makes the channel that it runs from.
type sending struct {
	*chans.Use
	from inspector.Cursor
}

// given reports sends on a channel of a function to another one, of any package, that leaves
// at an error: a send after that waits for ever.
func (l *leavers) given(known *receivers) {
	var order []*types.Var
	calls := map[*types.Var][]inspector.Cursor{}
	for cur := range l.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		for _, i := range known.of(call) {
			if i >= len(call.Args) || code.IsTest(l.Fset, call.Pos()) {
				continue
			}
			if v := l.source(call.Args[i]); v != nil {
				if calls[v] == nil {
					order = append(order, v)
				}
				calls[v] = append(calls[v], cur)
			}
		}
	}
	for _, v := range order {
		g := &gift{leavers: l, known: known, calls: calls[v]}
		if g.made = l.madeFor(v); g.made != nil && g.collect(v) {
			g.report()
		}
	}
}

// madeFor returns the only place where a local variable gets a channel.
func (l *leavers) madeFor(v *types.Var) (made *chans.Use) {
	for _, u := range l.chans.Of(v).Uses {
		if u.Var != v {
			continue
		}
		if u.Kind == chans.Origin || u.Kind == chans.Make && made != nil {
			return nil
		}
		if u.Kind == chans.Make {
			made = u
		}
	}
	if made == nil || v.IsField() || !made.Func().Valid() {
		return nil
	}
	return made
}

// source returns the variable that an argument is, or that a function of the package returns
// for it.
func (l *leavers) source(arg ast.Expr) *types.Var {
	switch arg := ast.Unparen(arg).(type) {
	case *ast.CallExpr:
		return l.returned(l.chans.Funcs.Callee(arg))
	case *ast.Ident:
		v, _ := l.TypesInfo.Uses[arg].(*types.Var)
		if v == nil || l.chans.Of(v) == nil {
			return nil
		}
		for _, u := range l.chans.Of(v).Of(chans.Origin) {
			s, ok := u.At.Parent().Node().(*ast.AssignStmt)
			if u.Var != v {
				continue
			}
			if !ok || len(s.Lhs) != 1 {
				return nil
			}
			if call, ok := ast.Unparen(s.Rhs[0]).(*ast.CallExpr); ok {
				return l.returned(l.chans.Funcs.Callee(call))
			}
		}
		return v
	}
	return nil
}

// returned returns the local variable that a function of the package returns.
func (l *leavers) returned(fn inspector.Cursor) *types.Var {
	if !fn.Valid() {
		return nil
	}
	for ret := range fn.Preorder((*ast.ReturnStmt)(nil)) {
		results := ret.Node().(*ast.ReturnStmt).Results
		if code.Function(ret) != fn || len(results) != 1 {
			continue
		}
		if v, ok := code.ObjectOf(l.TypesInfo, results[0]).(*types.Var); ok && l.chans.Of(v) != nil && !v.IsField() {
			return v
		}
	}
	return nil
}

// collect finds the sends on a channel. It fails if more is done with it than to send and to
// give it to the functions that leave.
func (g *gift) collect(v *types.Var) bool {
	g.owner = g.made.Func()
	for cur := range g.owner.Preorder((*ast.Ident)(nil)) {
		if g.TypesInfo.Uses[cur.Node().(*ast.Ident)] == v && !g.mention(cur, cur, 0) {
			return false
		}
	}
	return len(g.sends) > 0
}

// mention notes one mention of the channel, or of a parameter that it is given to, and
// reports whether it is understood.
func (g *gift) mention(cur, from inspector.Cursor, depth int) bool {
	switch cur.ParentEdgeKind() {
	case edge.SendStmt_Chan:
		g.sends = append(g.sends, sending{&chans.Use{Kind: chans.Send, At: cur}, from})
		return true
	case edge.ReturnStmt_Results:
		return depth == 0
	case edge.AssignStmt_Lhs:
		return cur == g.made.At
	case edge.CallExpr_Args:
		call := cur.Parent().Node().(*ast.CallExpr)
		if slices.Contains(g.calls, cur.Parent()) || isLen(g.TypesInfo, cur) || code.IsBuiltin(g.TypesInfo, call, "close") {
			return true
		}
		return depth == 0 && g.passed(cur, call)
	}
	return false
}

// passed notes the sends of a function of the package, or of a literal, that the channel is
// given to.
func (g *gift) passed(cur inspector.Cursor, call *ast.CallExpr) bool {
	fn := g.chans.Funcs.Callee(call)
	_, i := cur.ParentEdge()
	p := g.parameter(fn, i)
	if p == nil {
		return false
	}
	for use := range fn.Preorder((*ast.Ident)(nil)) {
		if g.TypesInfo.Uses[use.Node().(*ast.Ident)] == p && !g.mention(use, cur, 1) {
			return false
		}
	}
	return true
}

// parameter returns the i-th parameter of a function of the package.
func (g *gift) parameter(fn inspector.Cursor, i int) *types.Var {
	if !fn.Valid() {
		return nil
	}
	var t types.Type
	switch n := fn.Node().(type) {
	case *ast.FuncLit:
		t = g.TypesInfo.TypeOf(n)
	case *ast.FuncDecl:
		t = g.TypesInfo.TypeOf(n.Name)
	}
	sig, ok := t.(*types.Signature)
	if !ok || i >= sig.Params().Len() {
		return nil
	}
	return sig.Params().At(i)
}

// report reports the sends that may come after the receivers have left: those that are done
// many times, and those that follow one.
func (g *gift) report() {
	if slices.ContainsFunc(g.calls, func(call inspector.Cursor) bool { return g.again(call) || g.ends(call) }) {
		return
	}
	call := g.calls[0].Node().(*ast.CallExpr)
	after := map[inspector.Cursor]bool{}
	for _, send := range g.sends {
		f := send.Func()
		if inSelect(send.Use) || code.IsTest(g.Fset, send.At.Node().Pos()) || !g.strands(send) || !g.many(send) && !(after[f] && len(g.made.Make.Args) == 1) {
			continue
		}
		after[f] = true
		g.Reportf(send.At.Parent().Node(), "%s is received by %s, at line %d, which leaves at an error: then this send waits for ever",
			types.ExprString(send.At.Node().(ast.Expr)), types.ExprString(call.Fun), g.Fset.Position(call.Pos()).Line)
	}
}

// again reports whether a call is repeated where it is: the next one receives the rest.
func (g *gift) again(call inspector.Cursor) bool {
	return call.ParentEdgeKind() != edge.GoStmt_Call && repeats(call)
}

// ends reports whether the process ends when the function has returned.
func (g *gift) ends(call inspector.Cursor) bool {
	stmt := call
	for !isList(stmt.Parent().Node()) {
		stmt = stmt.Parent()
	}
	if endsProcess(stmt.Node()) {
		return true
	}
	next, ok := stmt.NextSibling()
	if !ok {
		return false
	}
	cond, ok := next.Node().(*ast.IfStmt)
	return ok && endsProcess(cond)
}

// isList reports whether a node has a list of statements, or is that of the whole file.
func isList(n ast.Node) bool {
	switch n.(type) {
	case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause, *ast.File:
		return true
	}
	return false
}

// strands reports whether a send runs beside all receivers, and to some harm: by the function
// that makes the channel, after it has started them, or by a goroutine.
func (g *gift) strands(send sending) bool {
	sender := g.start(send.from)
	for _, call := range g.calls {
		receiver := inspector.Cursor{}
		if g.owner.Contains(call) {
			receiver = g.start(call)
		}
		switch {
		case sender == receiver:
			return false
		case !sender.Valid() && send.from.Node().Pos() < call.Node().Pos():
			return false // they do not run yet
		case !receiver.Valid() && code.IsMain(g.Pass.Pass):
			return false // the program mostly ends then
		}
	}
	return true
}

// start returns what starts the goroutine that a place of the function runs in. It is not
// valid in that of the function itself.
func (g *gift) start(at inspector.Cursor) inspector.Cursor {
	for cur := range at.Enclosing((*ast.GoStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		switch cur.Node().(type) {
		case *ast.GoStmt:
			return cur
		case *ast.FuncDecl:
			return inspector.Cursor{}
		}
		if cur == g.owner {
			return inspector.Cursor{}
		}
		if i := slices.IndexFunc(g.chans.Funcs.Starts, func(s chans.Start) bool { return s.Body == cur }); i >= 0 {
			return g.chans.Funcs.Starts[i].Go
		}
	}
	return inspector.Cursor{}
}

// many reports whether a send may be done more often than the channel has room: in a loop, or
// in a function that others call.
func (g *gift) many(send sending) bool {
	return !g.fits(send) && (g.repeated(send.At) || send.from != send.At && g.repeated(send.from))
}

func (g *gift) repeated(at inspector.Cursor) bool {
	for cur := range at.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		switch {
		case cur == g.owner:
			return false
		case flow.IsLoop(cur.Node()):
			return !lastOf(at, cur)
		case g.calledBack(cur):
			return true
		}
	}
	return false
}

// calledBack reports whether a literal is given to a function to call it for each of
// something, or is called from several places or in a loop.
func (g *gift) calledBack(lit inspector.Cursor) bool {
	if slices.ContainsFunc(g.chans.Funcs.Starts, func(s chans.Start) bool { return s.Body == lit }) {
		return false
	}
	if lit.ParentEdgeKind() == edge.CallExpr_Args {
		name := code.CallName(lit.Parent().Node().(*ast.CallExpr))
		return name != "do" && name != "afterfunc"
	}
	calls := g.chans.Funcs.Calls(lit)
	return len(calls) > 1 || len(calls) == 1 && repeats(calls[0])
}

// lastOf reports whether a loop ends after a place in it.
func lastOf(at, loop inspector.Cursor) bool {
	for up := range at.Enclosing((*ast.BlockStmt)(nil), (*ast.CommClause)(nil), (*ast.CaseClause)(nil)) {
		if !loop.Contains(up) {
			break
		}
		var list []ast.Stmt
		switch n := up.Node().(type) {
		case *ast.BlockStmt:
			list = n.List
		case *ast.CommClause:
			list = n.Body
		case *ast.CaseClause:
			list = n.Body
		}
		if code.EndsInReturn(list) {
			return true
		}
	}
	return false
}

// fits reports whether a channel has as much room as there is something to send.
func (g *gift) fits(send sending) bool {
	if len(g.made.Make.Args) < 2 {
		return false
	}
	room := g.made.Make.Args[1]
	sized := types.ExprString(room)
	p := &pool{pass: g.Pass, made: g.made}
	if strings.Contains(sized, "len(") || strings.Contains(sized, "cap(") || p.counts(room) {
		return true
	}
	return slices.ContainsFunc(append(flow.Outwards(send.At), flow.Outwards(send.from)...), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt:
			return n.Cond != nil && strings.Contains(types.ExprString(n.Cond), sized)
		case *ast.RangeStmt:
			return types.ExprString(n.X) == sized
		}
		return false
	})
}
