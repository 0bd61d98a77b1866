// SPDX-License-Identifier: Apache-2.0

// Package flow knows where control may go within a function.
//
// It differs from golang.org/x/tools/go/cfg where channels are concerned: each case of
// a select begins with its own communication, a select without default goes on only
// through a case, and the head of a range comes again with each turn.
package flow

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"sync"
)

// A Step is a simple statement, a condition, or the head of a range or select.
type Step struct {
	Node ast.Node // nil where paths meet
	Next []*Step
}

// A Graph is the control flow of one function body, without its function literals.
type Graph struct {
	Entry *Step
	Exit  *Step // by return, or by the end of the body; not by a panic

	info  *types.Info
	steps []*Step
	bad   bool

	sort   sync.Once
	simple []*Step // by position, for At
}

// scope is where break, continue and fallthrough go.
type scope struct {
	outer *scope
	label string
	block bool // a labelled block, which only a break with the label leaves

	breaks, continues, through *Step
}

// Of returns the graph of a body. It is nil for one that has a goto.
func Of(info *types.Info, body *ast.BlockStmt) *Graph {
	g := &Graph{info: info, Exit: &Step{}}
	g.Entry = g.block(body.List, g.Exit, nil)
	if g.bad {
		return nil
	}
	return g
}

func (g *Graph) step(n ast.Node, next ...*Step) *Step {
	s := &Step{Node: n, Next: next}
	g.steps = append(g.steps, s)
	return s
}

func (g *Graph) block(list []ast.Stmt, next *Step, sc *scope) *Step {
	for i := len(list) - 1; i >= 0; i-- {
		next = g.stmt(list[i], next, sc, "")
	}
	return next
}

func (g *Graph) stmt(s ast.Stmt, next *Step, sc *scope, label string) *Step {
	switch s := s.(type) {
	case nil, *ast.EmptyStmt:
		return next
	case *ast.BlockStmt:
		return g.block(s.List, next, sc)
	case *ast.LabeledStmt:
		return g.labeled(s, next, sc)
	case *ast.IfStmt:
		cond := g.step(s.Cond, g.stmt(s.Body, next, sc, ""), g.stmt(s.Else, next, sc, ""))
		return g.stmt(s.Init, cond, sc, "")
	case *ast.ForStmt:
		return g.loop(s, next, sc, label)
	case *ast.RangeStmt:
		head := g.step(s)
		body := g.stmt(s.Body, head, &scope{outer: sc, label: label, breaks: next, continues: head}, "")
		head.Next = []*Step{body, next}
		return g.step(s.X, head)
	case *ast.SwitchStmt:
		return g.stmt(s.Init, g.choice(s.Tag, s.Body, next, sc, label), sc, "")
	case *ast.TypeSwitchStmt:
		return g.stmt(s.Init, g.choice(s.Assign, s.Body, next, sc, label), sc, "")
	case *ast.SelectStmt:
		return g.communication(s, next, sc, label)
	case *ast.BranchStmt:
		return g.branch(s, sc)
	case *ast.ReturnStmt:
		return g.step(s, g.Exit)
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok && NoReturn(g.info, call) {
			return g.step(s)
		}
	}
	return g.step(s, next)
}

func (g *Graph) labeled(s *ast.LabeledStmt, next *Step, sc *scope) *Step {
	switch s.Stmt.(type) {
	case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		return g.stmt(s.Stmt, next, sc, s.Label.Name)
	}
	return g.stmt(s.Stmt, next, &scope{outer: sc, label: s.Label.Name, block: true, breaks: next}, "")
}

func (g *Graph) loop(s *ast.ForStmt, next *Step, sc *scope, label string) *Step {
	head := g.step(nil)
	post := g.stmt(s.Post, head, sc, "")
	body := g.stmt(s.Body, post, &scope{outer: sc, label: label, breaks: next, continues: post}, "")
	head.Next = []*Step{body}
	if s.Cond != nil {
		head.Node = s.Cond
		head.Next = append(head.Next, next)
	}
	return g.stmt(s.Init, head, sc, "")
}

// choice is a switch: any case may be taken.
func (g *Graph) choice(tag ast.Node, body *ast.BlockStmt, next *Step, sc *scope, label string) *Step {
	head := g.step(nil)
	if e, ok := tag.(ast.Expr); !ok || e != nil {
		head.Node = tag
	}
	otherwise, through := next, next
	for i := len(body.List) - 1; i >= 0; i-- {
		c := body.List[i].(*ast.CaseClause)
		through = g.block(c.Body, next, &scope{outer: sc, label: label, breaks: next, through: through})
		if c.List == nil {
			otherwise = through
			continue
		}
		head.Next = append(head.Next, through)
	}
	head.Next = append(head.Next, otherwise)
	return head
}

func (g *Graph) communication(s *ast.SelectStmt, next *Step, sc *scope, label string) *Step {
	head := g.step(s)
	for _, clause := range s.Body.List {
		c := clause.(*ast.CommClause)
		body := g.block(c.Body, next, &scope{outer: sc, label: label, breaks: next})
		head.Next = append(head.Next, g.stmt(c.Comm, body, sc, ""))
	}
	return head
}

func (g *Graph) branch(s *ast.BranchStmt, sc *scope) *Step {
	for ; sc != nil; sc = sc.outer {
		if s.Label == nil && sc.block || s.Label != nil && s.Label.Name != sc.label {
			continue
		}
		if to := sc.target(s.Tok); to != nil {
			return g.step(s, to)
		}
	}
	g.bad = true // goto
	return g.Exit
}

func (sc *scope) target(t token.Token) *Step {
	switch t {
	case token.BREAK:
		return sc.breaks
	case token.CONTINUE:
		return sc.continues
	case token.FALLTHROUGH:
		return sc.through
	}
	return nil
}

// At returns the step that a position is in, nil if there is none, as within a
// function literal's body that is no step of this graph.
func (g *Graph) At(pos token.Pos) *Step {
	g.sort.Do(g.order)
	after, _ := slices.BinarySearchFunc(g.simple, pos+1, func(s *Step, pos token.Pos) int { return int(s.Node.Pos() - pos) })
	if after == 0 || pos >= g.simple[after-1].Node.End() {
		return nil
	}
	return g.simple[after-1]
}

// order sorts the steps that have no other steps in them: none of them overlap.
func (g *Graph) order() {
	for _, s := range g.steps {
		if s.Node != nil && !compound(s.Node) {
			g.simple = append(g.simple, s)
		}
	}
	slices.SortStableFunc(g.simple, func(a, b *Step) int { return int(a.Node.Pos() - b.Node.Pos()) })
}

// compound reports whether a step's node has other steps in it.
func compound(n ast.Node) bool {
	switch n.(type) {
	case *ast.RangeStmt, *ast.SelectStmt:
		return true
	}
	return false
}

// Find returns the first step after the given one, on some path, that goal accepts.
// Paths end at steps that stop accepts. Goal is asked first; the exit's Node is nil, and
// is known by its address.
func (g *Graph) Find(from *Step, stop, goal func(*Step) bool) *Step {
	if from == nil {
		return nil
	}
	return g.find(from.Next, stop, goal)
}

// FindFrom is [Graph.Find] that begins with the step itself.
func (g *Graph) FindFrom(from *Step, stop, goal func(*Step) bool) *Step {
	return g.find([]*Step{from}, stop, goal)
}

func (g *Graph) find(queue []*Step, stop, goal func(*Step) bool) *Step {
	next := func(s *Step) []*Step {
		if stop(s) {
			return nil
		}
		return s.Next
	}
	return Search(queue, next, goal)
}

// Search returns the first step that goal accepts, of the given ones and those that next
// leads to. Goal is asked first.
func Search(queue []*Step, next func(*Step) []*Step, goal func(*Step) bool) *Step {
	seen := map[*Step]bool{}
	queue = append([]*Step(nil), queue...)
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		if seen[s] {
			continue
		}
		seen[s] = true
		if goal(s) {
			return s
		}
		queue = append(queue, next(s)...)
	}
	return nil
}

// Each calls f for the nodes of a step that run where the step is: not those of
// function literals, nor the bodies of a range or select. It ends when f returns false,
// and then reports false.
func Each(s *Step, f func(ast.Node) bool) bool {
	if s.Node == nil {
		return true
	}
	switch n := s.Node.(type) {
	case *ast.SelectStmt:
		return f(n)
	case *ast.RangeStmt:
		return f(n)
	}
	more := true
	ast.Inspect(s.Node, func(n ast.Node) bool {
		if n == nil || !more {
			return false
		}
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		more = f(n)
		return more
	})
	return more
}

// Has reports whether a step has a node that f accepts, as [Each] goes over them.
func Has(s *Step, f func(ast.Node) bool) bool {
	return !Each(s, func(n ast.Node) bool { return !f(n) })
}
