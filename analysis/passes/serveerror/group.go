// SPDX-License-Identifier: Apache-2.0

package serveerror

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// keptByGroup reports whether the error of a server is returned to an errgroup that has
// no context: nobody sees it before all the others of the group have returned too.
func (c *checker) keptByGroup(s server.Site) bool {
	if _, ok := s.At.Parent().Node().(*ast.ReturnStmt); !ok || c.minor(s, s.At) {
		return false
	}
	lit, ok := code.Enclosing(s.At)
	if !ok || !isGo(c.pass.TypesInfo, lit.Parent().Node()) {
		return false
	}
	group, ok := groupOf(c.pass.TypesInfo, lit.Parent().Node().(*ast.CallExpr)).(*types.Var)
	if !ok {
		return false
	}
	for fn := range s.At.Enclosing((*ast.FuncDecl)(nil)) {
		return c.plainGroup(fn, group)
	}
	return false
}

// unnoticedInGroup reports whether a function literal that a group runs serves, when that
// is over does nothing but write to the log, and returns nil: the rest of the group, or who
// waits for it at the stop, goes on.
func (c *checker) unnoticedInGroup(s server.Site) bool {
	lit, ok := code.Enclosing(s.At)
	if !ok || c.minor(s, s.At) {
		return false
	}
	fn, isLit := lit.Node().(*ast.FuncLit)
	start, isCall := lit.Parent().Node().(*ast.CallExpr)
	if !isLit || !isCall || oneOfMany(lit.Parent()) || !c.onlyLogs(fn.Body, s.Call) {
		return false
	}
	group, _ := groupOf(c.pass.TypesInfo, start).(*types.Var)
	switch decl := code.Declaration(lit); {
	case group == nil || !decl.Valid():
		return false
	case code.IsCall(c.pass.TypesInfo, start, "(*sync.WaitGroup).Go"):
		return c.waitedForAtStop(group)
	case isGo(c.pass.TypesInfo, start):
		_, others := c.groupIn(decl, group)
		return others && returnsNil(fn.Body)
	}
	return false
}

// returnsNil reports whether a function literal returns no error.
func returnsNil(body *ast.BlockStmt) bool {
	only := true
	ast.Inspect(body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok {
			for _, e := range r.Results {
				id, ok := ast.Unparen(e).(*ast.Ident)
				only = only && ok && id.Name == "nil"
			}
		}
		return only
	})
	return only
}

func isGo(info *types.Info, n ast.Node) bool {
	return n != nil && code.IsCall(info, n, "(*golang.org/x/sync/errgroup.Group).Go")
}

// plainGroup reports whether a function makes a group without a context, and starts
// something in it that serves nothing: what waits for the stop.
func (c *checker) plainGroup(fn inspector.Cursor, group *types.Var) bool {
	plain, others := c.groupIn(fn, group)
	return plain && others
}

// groupIn reports whether a function makes a group without a context, and whether it starts
// something in it that serves nothing.
func (c *checker) groupIn(fn inspector.Cursor, group *types.Var) (plain, others bool) {
	info := c.pass.TypesInfo
	plain, others = group.Pos() > fn.Node().Pos() && group.Pos() < fn.Node().End(), false
	for cur := range fn.Preorder((*ast.AssignStmt)(nil), (*ast.CallExpr)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.AssignStmt:
			if code.ObjectOf(info, n.Lhs[0]) == group && len(n.Lhs) > 1 {
				plain = false // errgroup.WithContext
			}
		case *ast.CallExpr:
			if isGo(info, n) && groupOf(info, n) == group {
				others = others || !c.servesIn(n)
			}
		}
	}
	return plain, others
}

func (c *checker) servesIn(n ast.Node) bool {
	for _, s := range c.info.Sites {
		if (s.Op == server.Serve || s.Op == server.ServeGlobal) && n.Pos() <= s.Call.Pos() && s.Call.End() <= n.End() {
			return true
		}
	}
	return false
}
