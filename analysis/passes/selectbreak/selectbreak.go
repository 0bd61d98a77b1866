// SPDX-License-Identifier: Apache-2.0

package selectbreak

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

//go:embed doc.go
var doc string

// Analyzer reports a break that leaves only the select.
var Analyzer = check.New(doc, run, chans.Analyzer)

// ends matches what channels are called that say that something is over.
var ends = regexp.MustCompile(`(?i)(done|quit|stop|exit|clos|term|shut|finish|die|death|kill|halt|abort|cancel)`)

func run(pass *check.Pass) (any, error) {
	for cur := range pass.Inspect.Root().Preorder((*ast.BranchStmt)(nil)) {
		b := cur.Node().(*ast.BranchStmt)
		if b.Tok != token.BREAK || b.Label != nil || code.IsTest(pass.Fset, b.Pos()) {
			continue
		}
		if why := meant(pass, cur); why != "" {
			pass.Reportf(b, "break leaves only the %s: the loop goes on, and %s", left(cur), why)
		}
	}
	return nil, nil
}

// left is the word for what a break leaves.
func left(at inspector.Cursor) string {
	for c := range at.Enclosing((*ast.SelectStmt)(nil), (*ast.SwitchStmt)(nil)) {
		if _, ok := c.Node().(*ast.SelectStmt); ok {
			return "select"
		}
		break
	}
	return "switch"
}

// meant returns what happens because a break leaves only a select or switch where the
// loop was meant, empty where it was not, or where nobody can tell.
func meant(pass *check.Pass, at inspector.Cursor) string {
	clause, condition := around(at)
	if !clause.Valid() {
		return ""
	}
	choice := clause.Parent().Parent() // the block, and the select or switch
	if condition == nil && drains(pass.TypesInfo, clause.Node(), choice) {
		return "finds nothing in each round that is left"
	}
	loop, last := endless(choice)
	if !last {
		return ""
	}
	switch c := clause.Node().(type) {
	case *ast.CommClause:
		return over(pass, c, condition, loop)
	case *ast.CaseClause:
		if condition == nil && isEOF(pass.TypesInfo, c, choice.Node()) && len(c.Body) == 1 {
			return "the end of the input comes again and again"
		}
	}
	return ""
}

// around returns the case that a break is the last statement of, with the condition of
// the if that it is in. The case is not valid if the break is elsewhere.
func around(at inspector.Cursor) (clause inspector.Cursor, condition ast.Expr) {
	if _, more := at.NextSibling(); more {
		return inspector.Cursor{}, nil
	}
	up := at.Parent()
	if block, ok := up.Node().(*ast.BlockStmt); ok {
		cond, ok := up.Parent().Node().(*ast.IfStmt)
		if !ok || cond.Body != block {
			return inspector.Cursor{}, nil
		}
		condition, up = cond.Cond, up.Parent().Parent()
	}
	switch up.Node().(type) {
	case *ast.CommClause, *ast.CaseClause:
		return up, condition
	}
	return inspector.Cursor{}, nil
}

// endless returns the loop without a condition whose body ends with a statement. What
// comes after the statement could leave the loop, or be what the break skips.
func endless(choice inspector.Cursor) (loop inspector.Cursor, last bool) {
	if _, labelled := choice.Parent().Node().(*ast.LabeledStmt); labelled {
		choice = choice.Parent()
	}
	if _, more := choice.NextSibling(); more {
		return inspector.Cursor{}, false
	}
	if _, ok := choice.Parent().Node().(*ast.BlockStmt); !ok {
		return inspector.Cursor{}, false
	}
	loop = choice.Parent().Parent()
	n, ok := loop.Node().(*ast.ForStmt)
	return loop, ok && n.Cond == nil
}

// over tells what happens after a case that says that something is over.
func over(pass *check.Pass, c *ast.CommClause, condition ast.Expr, loop inspector.Cursor) string {
	from := received(c.Comm)
	if from == nil {
		return ""
	}
	if condition != nil {
		if falseOK(pass.TypesInfo, c.Comm, condition) && !niled(pass.TypesInfo, from, loop) {
			return "the closed channel is ready again at once"
		}
		return ""
	}
	if call, ok := from.(*ast.CallExpr); ok {
		if code.Callee(pass.TypesInfo, call) == "(context.Context).Done" {
			return "the ended context is ready again at once"
		}
		return ""
	}
	obj, ok := code.ObjectOf(pass.TypesInfo, from).(*types.Var)
	if !ok || named(c.Comm) || niled(pass.TypesInfo, from, loop) {
		return ""
	}
	ch, ok := obj.Type().Underlying().(*types.Chan)
	switch {
	case !ok:
	case code.IsNamed(ch.Elem(), "os.Signal"):
		return "the signal is lost"
	case pass.ResultOf[chans.Analyzer].(*chans.Info).Of(obj).Has(chans.Close) && code.IsEmptyStruct(ch.Elem()):
		return "the closed channel is ready again at once"
	case ends.MatchString(obj.Name()) && !leaves(pass.TypesInfo, loop):
		return obj.Name() + " does not end it"
	}
	return ""
}

// leaves reports whether something else in a loop leaves it.
func leaves(info *types.Info, loop inspector.Cursor) bool {
	out := false
	ast.Inspect(loop.Node(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			out = true
		case *ast.BranchStmt:
			out = out || n.Label != nil && n.Tok != token.CONTINUE
		case *ast.CallExpr:
			out = out || flow.NoReturn(info, n)
		}
		return !out
	})
	return out
}

// received returns the channel that a case receives from.
func received(s ast.Stmt) ast.Expr {
	var e ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		e = s.Rhs[0]
	}
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
		return ast.Unparen(u.X)
	}
	return nil
}

// named reports whether a case gives what it receives a name: then it may be a result
// that the case has kept, not a word that all is over.
func named(s ast.Stmt) bool {
	a, ok := s.(*ast.AssignStmt)
	if !ok {
		return false
	}
	id, ok := a.Lhs[0].(*ast.Ident)
	return !ok || id.Name != "_" && a.Tok == token.ASSIGN
}

// falseOK reports whether a condition is that the receive has found the channel closed.
func falseOK(info *types.Info, s ast.Stmt, condition ast.Expr) bool {
	a, ok := s.(*ast.AssignStmt)
	if !ok || len(a.Lhs) != 2 {
		return false
	}
	not, ok := ast.Unparen(condition).(*ast.UnaryExpr)
	if !ok || not.Op != token.NOT {
		return false
	}
	obj := code.ObjectOf(info, a.Lhs[1])
	return obj != nil && obj == code.ObjectOf(info, not.X)
}

// niled reports whether the loop assigns the channel, which may end its being ready.
func niled(info *types.Info, ch ast.Expr, loop inspector.Cursor) bool {
	p, ok := flow.PlaceOf(info, ch)
	if !ok {
		return false
	}
	for cur := range loop.Preorder((*ast.AssignStmt)(nil)) {
		if p.Sets(info, &flow.Step{Node: cur.Node()}) {
			return true
		}
	}
	return false
}

// isEOF reports whether a case of a switch is that of io.EOF, alone.
func isEOF(info *types.Info, c *ast.CaseClause, choice ast.Node) bool {
	if len(c.List) != 1 {
		return false
	}
	e := ast.Unparen(c.List[0])
	s, ok := choice.(*ast.SwitchStmt)
	if !ok {
		return false
	}
	if s.Tag == nil {
		b, ok := e.(*ast.BinaryExpr)
		if !ok || b.Op != token.EQL {
			return false
		}
		e = b.Y
	}
	obj := code.ObjectOf(info, e)
	return obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "io" && obj.Name() == "EOF"
}
