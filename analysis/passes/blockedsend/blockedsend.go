// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

//go:embed doc.go
var doc string

// Analyzer reports the send of a result that nobody may wait for any more.
var Analyzer = check.New(doc, run, chans.Analyzer, callees)

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[chans.Analyzer].(*chans.Info)
	pass = once(pass)
	for _, g := range info.Groups() {
		alone(pass, g)
		listened(pass, info, g)
		forwarded(pass, info, g)
		piped(pass, info, g)
		workers(pass, info, g)
		if !g.Has(chans.Send) || !g.Private(pass.Pkg) || len(g.Of(chans.Make)) != 1 {
			continue
		}
		r := result{pass: pass, chans: info, group: g, made: g.Of(chans.Make)[0]}
		if !r.made.Var.IsField() && !code.IsTest(pass.Fset, r.made.At.Node().Pos()) {
			r.check()
		}
	}
	l := &leavers{Pass: pass, chans: info, graphs: map[inspector.Cursor]*flow.Graph{}}
	for _, g := range info.Groups() {
		l.check(g)
		l.failing(g)
		l.unlike(g)
		l.siblings(g)
		l.unheard(g)
		l.itself(g)
		l.accepted(g)
		l.unlikeOthers(g)
		l.away(g)
	}
	l.pending()
	l.broadcasts()
	l.given(pass.ResultOf[callees].(*receivers))
	l.handed(pass.ResultOf[callees].(*receivers))
	l.kinds()
	return nil, nil
}

// once returns a pass that reports each place once: the first rule that finds it says why.
func once(pass *check.Pass) *check.Pass {
	said := map[token.Pos]bool{}
	inner, outer := *pass.Pass, *pass
	inner.Report = func(d analysis.Diagnostic) {
		if !said[d.Pos] {
			said[d.Pos] = true
			pass.Pass.Report(d)
		}
	}
	outer.Pass = &inner
	return &outer
}

// alone reports a send by the function that has just made the channel, and has given it
// to nobody yet.
func alone(pass *check.Pass, g *chans.Group) {
	if !g.Unbuffered(pass.TypesInfo) || len(g.Of(chans.Make)) != 1 || len(g.Vars) != 1 {
		return
	}
	made := g.Of(chans.Make)[0]
	if made.Var.IsField() || made.Var.Parent() == pass.Pkg.Scope() || repeats(made.At) || code.IsTest(pass.Fset, made.At.Node().Pos()) {
		return
	}
	for _, send := range g.Of(chans.Send) {
		before := func(u *chans.Use) bool { return u != made && u != send && u.At.Node().Pos() < send.At.Node().Pos() }
		if send.Func() == made.Func() && !inSelect(send) && !repeats(send.At) && !slices.ContainsFunc(g.Uses, before) {
			pass.Reportf(send.At.Parent().Node(), "%s has no buffer, and nobody else has it yet: this send waits for ever", types.ExprString(send.At.Node().(ast.Expr)))
		}
	}
}

// A result is a channel that a function makes for its goroutines.
type result struct {
	pass  *check.Pass
	chans *chans.Info
	group *chans.Group
	made  *chans.Use
	owner inspector.Cursor // the function
	flow  *flow.Graph
}

func (r *result) check() {
	r.owner = r.made.Func()
	if !r.owner.Valid() || code.IsMainFunc(r.pass.Pass, r.owner.Node()) || !r.localReceives() {
		return
	}
	if r.flow = flow.Of(r.pass.TypesInfo, code.Body(r.owner.Node())); r.flow == nil {
		return
	}
	if r.crowd() || !r.group.Unbuffered(r.pass.TypesInfo) {
		return
	}
	sends := r.group.Of(chans.Send)
	slices.Reverse(sends) // the last is the one of the result, those before are of errors
	for _, send := range sends {
		start, ok := r.started(send)
		if !ok {
			continue
		}
		if left := r.leaves(start, send); left != nil {
			r.report(send, start, left)
			return
		}
	}
}

// localReceives reports whether all receives are in the function that makes the channel:
// other functions may go on to receive when it has left.
func (r *result) localReceives() bool {
	receives := r.group.Of(chans.Receive)
	return len(receives) > 0 && !slices.ContainsFunc(receives, func(u *chans.Use) bool { return u.Func() != r.owner })
}

// started returns the go statement of the owner whose function does a send that waits.
func (r *result) started(send *chans.Use) (chans.Start, bool) {
	if inSelect(send) || otherThanClosed(send) {
		return chans.Start{}, false
	}
	for _, s := range r.chans.Funcs.StartsOf(runsIn(send)) {
		if code.Function(s.Go) == r.owner {
			return s, !r.awaitsSignal(send)
		}
	}
	return chans.Start{}, false
}

// awaitsSignal reports whether a goroutine waits for a signal of the process before it
// sends: then the program is about to end, or it waits for that to no harm.
func (r *result) awaitsSignal(send *chans.Use) bool {
	for cur := range send.Func().Preorder((*ast.UnaryExpr)(nil)) {
		u := cur.Node().(*ast.UnaryExpr)
		if u.Pos() > send.At.Node().Pos() {
			break
		}
		if t := r.pass.TypesInfo.TypeOf(u.X); u.Op == token.ARROW && code.IsChan(t) && code.IsNamed(t.Underlying().(*types.Chan).Elem(), "os.Signal") {
			return true
		}
	}
	return false
}

// otherThanClosed reports whether a send is for the error of a server other than
// http.ErrServerClosed. It has none when the owner leaves and stops the server.
func otherThanClosed(send *chans.Use) bool {
	for up := range send.At.Enclosing((*ast.IfStmt)(nil), (*ast.FuncLit)(nil)) {
		cond, ok := up.Node().(*ast.IfStmt)
		if !ok {
			return false
		}
		if strings.Contains(types.ExprString(cond.Cond), "ErrServerClosed") {
			return true
		}
	}
	return false
}

// inSelect reports whether a send is a case of a select with others.
func inSelect(send *chans.Use) bool {
	stmt := send.At.Parent()
	return stmt.ParentEdgeKind() == edge.CommClause_Comm && len(stmt.Parent().Parent().Node().(*ast.BlockStmt).List) > 1
}

// leaves returns a step after which the owner ends without a receive, although the
// goroutine runs: a case of a select that receives as well, or a return before the
// receive that all others come to.
func (r *result) leaves(start chans.Start, send *chans.Use) ast.Node {
	began := r.flow.At(start.Go.Node().Pos())
	for _, u := range r.group.Of(chans.Receive) {
		if !r.reaches(began, u) {
			continue
		}
		if n := r.otherCase(start, u); n != nil {
			return n
		}
		if n := r.skipped(start, u); n != nil {
			return n
		}
		if n := r.early(start, send, began, u); n != nil {
			return n
		}
	}
	return r.first(start)
}

func (r *result) reaches(from *flow.Step, u *chans.Use) bool {
	to := r.flow.At(u.At.Node().Pos())
	return to != nil && r.flow.Find(from, func(*flow.Step) bool { return false }, func(s *flow.Step) bool { return s == to }) != nil
}

// otherCase returns the case of the receive's select from which the function ends
// without another receive.
func (r *result) otherCase(start chans.Start, u *chans.Use) ast.Node {
	for clause := range u.At.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		comm, ok := clause.Node().(*ast.CommClause)
		if !ok || comm.Comm == nil || u.At.Node().Pos() > comm.Comm.End() {
			return nil
		}
		for _, s := range clause.Parent().Node().(*ast.BlockStmt).List {
			other := s.(*ast.CommClause)
			if other != comm && other.Comm != nil && !r.says(start, other.Comm) && r.ends(start, clause.Parent(), other) {
				return other
			}
		}
		return nil
	}
	return nil
}

// says reports whether the goroutine itself sends to or closes a channel of a case: it
// then does the one or the other, or has done its sends.
func (r *result) says(start chans.Start, comm ast.Stmt) bool {
	said := false
	ast.Inspect(comm, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		v, _ := code.ObjectOf(r.pass.TypesInfo, e).(*types.Var)
		g := r.chans.Of(v)
		if g == nil {
			return true
		}
		for _, u := range g.Uses {
			if (u.Kind == chans.Send || u.Kind == chans.Close) && start.Body.Contains(u.At) {
				said = true
			}
		}
		return true
	})
	return said
}

// ends reports whether the function may end after a case of a select without a receive.
// Later turns of a loop count, but not what the goroutine has a say in.
func (r *result) ends(start chans.Start, cases inspector.Cursor, c *ast.CommClause) bool {
	said := map[*flow.Step]bool{}
	for _, s := range cases.Node().(*ast.BlockStmt).List {
		if other := s.(*ast.CommClause); other.Comm != nil && r.says(start, other.Comm) {
			said[r.flow.At(other.Comm.Pos())] = true
		}
	}
	from := r.flow.At(c.Comm.Pos())
	stop := func(s *flow.Step) bool { return said[s] || r.receives(s) }
	return from != nil && !r.receives(from) && r.flow.Find(from, stop, r.isExit) != nil
}

func (r *result) isExit(s *flow.Step) bool { return s == r.flow.Exit }

// receives reports whether a step receives from the channel. A deferred one does so
// when the function ends, whatever came before.
func (r *result) receives(s *flow.Step) bool {
	if s.Node == nil {
		return false
	}
	return slices.ContainsFunc(r.group.Of(chans.Receive), func(u *chans.Use) bool {
		at := u.At.Node()
		if loop, ok := s.Node.(*ast.RangeStmt); ok {
			return ast.Unparen(loop.X) == at
		}
		if _, ok := s.Node.(*ast.SelectStmt); ok {
			return false
		}
		return s.Node.Pos() <= at.Pos() && at.End() <= s.Node.End()
	})
}

// early returns a return between the go statement and a receive further down the same
// list of statements, or in a loop that receives from as many goroutines or sends.
func (r *result) early(start chans.Start, send *chans.Use, began *flow.Step, u *chans.Use) ast.Node {
	to := r.flow.At(u.At.Node().Pos())
	loop := counted(loopOf(u.At))
	if over, ok := u.At.Parent().Node().(*ast.RangeStmt); ok {
		loop = over
		to = to.Next[0]
	}
	if many := repeats(start.Go) && loop != loopOf(start.Go); loop != nil && (many || repeats(send.At)) {
		return node(r.flow.Find(to, r.again(to), func(s *flow.Step) bool {
			return r.returns(s) && code.Contains(loop, s.Node) && (many || !r.about(s.Node, loop))
		}))
	}
	certain := flow.Certain(r.pass.TypesInfo, start.Go, u.At)
	if !certain && flow.Conditional(flow.Outwards(u.At), r.owner.Node(), nil) {
		return nil
	}
	return node(r.flow.Find(began, r.receives, func(s *flow.Step) bool {
		return r.returns(s) && s.Node.Pos() < to.Node.Pos() && (certain || r.failed(s))
	}))
}

// failed reports whether a return is one at an error, for which the function has no branch.
func (r *result) failed(s *flow.Step) bool {
	ret, ok := r.owner.FindNode(s.Node)
	if !ok {
		return false
	}
	cond, ok := ret.Parent().Parent().Node().(*ast.IfStmt)
	return ok && cond.Body == ret.Parent().Node() && isError(r.pass.TypesInfo, cond.Cond) && !flow.Conditional(flow.Outwards(ret.Parent().Parent()), r.owner.Node(), nil)
}

// again is receives, but for the head of a range, which the search begins with.
func (r *result) again(head *flow.Step) func(*flow.Step) bool {
	return func(s *flow.Step) bool { return s == head || r.receives(s) }
}

// about reports whether a return in a loop is under a condition about what was received:
// the sender may have said by it that it is the last.
func (r *result) about(ret, loop ast.Node) bool {
	over, ok := loop.(*ast.RangeStmt)
	if !ok || over.Key == nil {
		return true
	}
	v := code.ObjectOf(r.pass.TypesInfo, over.Key)
	found := false
	ast.Inspect(over.Body, func(n ast.Node) bool {
		cond, ok := n.(*ast.IfStmt)
		if !ok || !code.Contains(cond, ret) {
			return true
		}
		ast.Inspect(cond.Cond, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			found = found || ok && r.pass.TypesInfo.Uses[id] == v
			return true
		})
		return true
	})
	return found
}

func (r *result) returns(s *flow.Step) bool {
	_, ok := s.Node.(*ast.ReturnStmt)
	return ok && !r.receives(s)
}

func node(s *flow.Step) ast.Node {
	if s == nil {
		return nil
	}
	return s.Node
}

// loopOf returns the innermost loop around a place in its function.
func loopOf(at inspector.Cursor) ast.Node {
	path := flow.Outwards(at)
	if i := slices.IndexFunc(path, flow.IsLoop); i >= 0 {
		return path[i]
	}
	return nil
}

// counted returns a loop that has a condition, or goes over something: one that only its
// own end leaves when all is received.
func counted(loop ast.Node) ast.Node {
	if l, ok := loop.(*ast.ForStmt); ok && l.Cond == nil {
		return nil
	}
	return loop
}

func (r *result) report(send *chans.Use, start chans.Start, left ast.Node) {
	d := analysis.Diagnostic{
		Pos: send.At.Parent().Node().Pos(), End: send.At.Parent().Node().End(),
		Message: fmt.Sprintf("%s has no buffer, and line %d leaves without a receive: this send, and its goroutine, then wait for ever",
			types.ExprString(send.At.Node().(ast.Expr)), r.pass.Fset.Position(left.Pos()).Line),
	}
	if fix, ok := r.fix(send, start); ok {
		d.SuggestedFixes = []analysis.SuggestedFix{fix}
	}
	r.pass.Report(d)
}

// fix gives the channel a buffer of one, where there is one send, done once.
func (r *result) fix(send *chans.Use, start chans.Start) (analysis.SuggestedFix, bool) {
	if len(r.group.Of(chans.Send)) != 1 || len(r.made.Make.Args) != 1 || repeats(send.At) || repeats(start.Go) {
		return analysis.SuggestedFix{}, false
	}
	end := r.made.Make.Args[0].End()
	return analysis.SuggestedFix{
		Message:   "Give the channel room for the result",
		TextEdits: []analysis.TextEdit{{Pos: end, End: end, NewText: []byte(", 1")}},
	}, true
}

func repeats(at inspector.Cursor) bool { return slices.ContainsFunc(flow.Outwards(at), flow.IsLoop) }
