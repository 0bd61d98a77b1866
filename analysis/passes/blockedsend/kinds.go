// SPDX-License-Identifier: Apache-2.0

package blockedsend

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A kind is all that a package does with the channels of one type of its own, whatever
// holds them: constructors behind an interface or in a map hide which is which.
type kind struct {
	sends, receives []*chans.Use
	makes           bool
	buffer          bool // one of them has, or may have, a buffer
	whole           bool // it is one channel, and all that holds it is known
}

// kinds reports sends without another way out on channels of a type that only this package
// has, all receivers of which leave at a stop or an error.
func (l *leavers) kinds() {
	for _, k := range l.byElement() {
		if k.buffer || !k.makes || len(k.receives) == 0 {
			continue
		}
		for _, send := range k.sends {
			if inSelect(send) || l.inStop(send) || !l.apart(send, k.receives) {
				continue
			}
			left := l.allLeave(k.receives, send)
			if left == nil || !l.unminded(k, send) {
				continue
			}
			l.Reportf(send.At.Parent().Node(), "%s has no buffer, and all that receive such values leave, as at line %d: a send after that waits for ever",
				types.ExprString(send.At.Node().(ast.Expr)), l.Fset.Position(left.Pos()).Line)
		}
	}
}

// A holding is what keeps channels together: the variables that alone hold one, or else the
// name of what they carry.
type holding struct {
	group *chans.Group
	name  types.Object
}

// byElement returns what is done with the channels of each holding, in the order of the
// source.
func (l *leavers) byElement() []*kind {
	b := &kindsOf{leavers: l, known: map[holding]*kind{}, settled: l.settled()}
	for cur := range l.Inspect.Root().Preorder((*ast.SendStmt)(nil), (*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil), (*ast.CallExpr)(nil)) {
		if !code.IsTest(l.Fset, cur.Node().Pos()) {
			b.note(cur)
		}
	}
	return b.all
}

type kindsOf struct {
	*leavers
	known   map[holding]*kind
	all     []*kind
	settled map[ast.Node]bool // what makes channels that variables alone hold
}

// of returns the kind of a channel, nil for those that other packages may have.
func (b *kindsOf) of(e ast.Expr) *kind {
	var h holding
	v, _ := code.ObjectOf(b.TypesInfo, e).(*types.Var)
	if g := b.chans.Of(v); g != nil && !g.Has(chans.Origin, chans.Escape) && g.Has(chans.Make) {
		h.group = g
	} else if h.name = b.element(e); h.name == nil {
		return nil
	}
	k := b.known[h]
	if k == nil {
		k = &kind{}
		if h.group != nil {
			k.makes, k.buffer, k.whole = true, !h.group.Unbuffered(b.TypesInfo) || !b.kept(h.group), true
		}
		b.known[h] = k
		b.all = append(b.all, k)
	}
	return k
}

func (b *kindsOf) note(cur inspector.Cursor) {
	switch n := cur.Node().(type) {
	case *ast.SendStmt:
		if k := b.of(n.Chan); k != nil {
			k.sends = append(k.sends, &chans.Use{Kind: chans.Send, At: cur.ChildAt(edge.SendStmt_Chan, -1)})
		}
	case *ast.UnaryExpr:
		if n.Op != token.ARROW {
			return
		}
		if k := b.of(n.X); k != nil {
			k.receives = append(k.receives, &chans.Use{Kind: chans.Receive, At: cur.ChildAt(edge.UnaryExpr_X, -1)})
		}
	case *ast.RangeStmt:
		if !code.IsChan(b.TypesInfo.TypeOf(n.X)) {
			return
		}
		if k := b.of(n.X); k != nil {
			k.receives = append(k.receives, &chans.Use{Kind: chans.Receive, At: cur.ChildAt(edge.RangeStmt_X, -1)})
		}
	case *ast.CallExpr:
		if code.IsBuiltin(b.TypesInfo, n, "make") {
			b.made(cur)
		}
	}
}

// made notes a channel that is made.
func (b *kindsOf) made(at inspector.Cursor) {
	call := at.Node().(*ast.CallExpr)
	name := b.element(call)
	if name == nil || b.settled[call] {
		return
	}
	k := b.known[holding{name: name}]
	if k == nil {
		k = &kind{}
		b.known[holding{name: name}] = k
		b.all = append(b.all, k)
	}
	k.makes = true
	k.buffer = k.buffer || len(call.Args) > 1 && !isZero(b.TypesInfo, call.Args[1])
}

// settled returns the calls that make channels for variables that alone hold them.
func (l *leavers) settled() map[ast.Node]bool {
	out := map[ast.Node]bool{}
	for _, g := range l.chans.Groups() {
		if g.Has(chans.Origin, chans.Escape) {
			continue
		}
		for _, u := range g.Of(chans.Make) {
			out[u.Make] = true
		}
	}
	return out
}

func isZero(info *types.Info, e ast.Expr) bool {
	n, ok := code.IntConst(info, e)
	return ok && n == 0
}

// element returns the name of the type that a channel carries, or a pointer to it, if other
// packages cannot name it.
func (l *leavers) element(e ast.Expr) types.Object {
	t := l.TypesInfo.TypeOf(e)
	if t == nil {
		return nil
	}
	ch, ok := t.Underlying().(*types.Chan)
	if !ok {
		return nil
	}
	elem := types.Unalias(ch.Elem())
	if p, ok := elem.(*types.Pointer); ok {
		elem = types.Unalias(p.Elem())
	}
	n, ok := elem.(*types.Named)
	if !ok || n.Obj().Pkg() != l.Pkg || n.Obj().Exported() && !code.IsMain(l.Pass.Pass) {
		return nil
	}
	return n.Obj()
}

// inStop reports whether a send is what a case for a stop does: who stops may wait for it.
func (l *leavers) inStop(send *chans.Use) bool {
	for clause := range send.At.Enclosing((*ast.CommClause)(nil), (*ast.FuncLit)(nil)) {
		c, ok := clause.Node().(*ast.CommClause)
		return ok && (l.timesOut(c) || l.stops(c, send))
	}
	return false
}

// apart reports whether a send is in another function than all receives, which also are in
// no function that holds it.
func (l *leavers) apart(send *chans.Use, receives []*chans.Use) bool {
	return send.Func().Valid() && !slices.ContainsFunc(receives, func(u *chans.Use) bool {
		return code.Declaration(u.At) == code.Declaration(send.At)
	})
}

// allLeave returns where a receiver leaves, if each of them may, from a loop.
func (l *leavers) allLeave(receives []*chans.Use, send *chans.Use) (left ast.Node) {
	for _, u := range receives {
		if u.At.ParentEdgeKind() == edge.RangeStmt_X {
			if left = l.breaksOff(u.At.Parent()); left == nil {
				return nil
			}
			continue
		}
		c, loop := l.left([]*chans.Use{u}, send)
		if c == nil || !loop || !l.last(c, receives) || l.waited(c) {
			return nil
		}
		left = c
	}
	return left
}

// last reports whether nothing is received in what follows a stop.
func (l *leavers) last(c *ast.CommClause, receives []*chans.Use) bool {
	return !slices.ContainsFunc(receives, func(u *chans.Use) bool {
		return slices.ContainsFunc(c.Body, func(s ast.Stmt) bool { return code.Contains(s, u.At.Node()) })
	})
}

// waited reports whether who closes the channel of a case waits for others before: for
// those that send, it may be.
func (l *leavers) waited(c *ast.CommClause) bool {
	stmt, ok := c.Comm.(*ast.ExprStmt)
	if !ok {
		return false
	}
	u, ok := ast.Unparen(stmt.X).(*ast.UnaryExpr)
	if !ok {
		return false
	}
	v, _ := code.ObjectOf(l.TypesInfo, u.X).(*types.Var)
	return slices.ContainsFunc(l.chans.Of(v).Of(chans.Close), func(closing *chans.Use) bool {
		for call := range closing.Func().Preorder((*ast.CallExpr)(nil)) {
			if call.Node().Pos() < closing.At.Node().Pos() && code.CallName(call.Node().(*ast.CallExpr)) == "wait" {
				return true
			}
		}
		return false
	})
}

// breaksOff returns where a loop over a channel ends at the error of a call that a context
// ends, which says nothing of what was received.
func (l *leavers) breaksOff(loop inspector.Cursor) ast.Node {
	over := loop.Node().(*ast.RangeStmt)
	for cur := range loop.Preorder((*ast.ReturnStmt)(nil), (*ast.BranchStmt)(nil)) {
		b, ok := cur.Node().(*ast.BranchStmt)
		if code.Function(cur) != code.Function(loop) || ok && (b.Tok != token.BREAK || b.Label != nil || code.BreakTarget(cur) != loop) {
			continue
		}
		cond, ok := cur.Parent().Parent().Node().(*ast.IfStmt)
		if !ok || cond.Body != cur.Parent().Node() || !isError(l.TypesInfo, cond.Cond) || !l.asksContext(cond) {
			continue
		}
		if over.Key == nil || !code.Mentions(l.TypesInfo, cond.Cond, code.ObjectOf(l.TypesInfo, over.Key)) {
			return cur.Node()
		}
	}
	return nil
}

// asksContext reports whether an if has the error of a context, or of a call with one.
func (l *leavers) asksContext(cond *ast.IfStmt) (found bool) {
	look := func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && code.IsNamed(l.TypesInfo.TypeOf(e), "context.Context") {
			found = true
		}
		return !found
	}
	if cond.Init != nil {
		ast.Inspect(cond.Init, look)
	}
	ast.Inspect(cond.Cond, look)
	return found
}

// unminded reports whether nobody sees to it that a send is over when its receiver leaves:
// it is in a goroutine, in a method that others run as one, or in one of another type.
func (l *leavers) unminded(k *kind, send *chans.Use) bool {
	if l.looks(send) {
		return false
	}
	f := send.Func()
	aside := func(c inspector.Cursor) bool { return inGoroutine(l.chans, c) || l.runElsewhere(c) }
	if aside(f) || (&listener{pass: l.Pass, chans: l.chans}).calledFrom(f, aside) {
		return true
	}
	return !k.whole && l.ofOthers(k, code.Declaration(send.At), true)
}

// ofOthers reports whether a function is a method of a type that does not receive, or one
// that only such methods call.
func (l *leavers) ofOthers(k *kind, f inspector.Cursor, direct bool) bool {
	if of := l.receiverType(f); of != nil {
		return !slices.ContainsFunc(k.receives, func(u *chans.Use) bool { return l.receiverType(code.Declaration(u.At)) == of })
	}
	return direct && (&listener{pass: l.Pass, chans: l.chans}).calledFrom(f, func(c inspector.Cursor) bool { return l.ofOthers(k, c, false) })
}

// receiverType returns the name of the type that a function is a method of.
func (l *leavers) receiverType(f inspector.Cursor) types.Object {
	if !f.Valid() {
		return nil
	}
	decl, ok := f.Node().(*ast.FuncDecl)
	if !ok || decl.Recv == nil {
		return nil
	}
	t := l.TypesInfo.TypeOf(decl.Recv.List[0].Type)
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj()
	}
	return nil
}

// looks reports whether a function that sends, not in a loop, looks for an end before.
func (l *leavers) looks(send *chans.Use) bool {
	if inLoop(send) {
		return false
	}
	for cur := range send.Func().Preorder((*ast.IfStmt)(nil), (*ast.SelectStmt)(nil)) {
		if cur.Node().Pos() > send.At.Node().Pos() {
			break
		}
		cond, ok := cur.Node().(*ast.IfStmt)
		if !ok || l.asksContext(cond) {
			return true
		}
		ended := false
		ast.Inspect(cond.Cond, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			ended = ended || ok && speaksOfEnd(id.Name)
			return !ended
		})
		if ended {
			return true
		}
	}
	return false
}

func inLoop(send *chans.Use) bool { return loopOf(send.At) != nil }
