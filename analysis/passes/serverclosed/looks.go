// SPDX-License-Identifier: Apache-2.0

package serverclosed

import (
	"go/ast"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// looks reports whether the function around a site looks at http.ErrServerClosed, other
// than where the site's error does not come: in the other branch, or in a literal that
// serves another server.
func (c *checker) looks(s server.Site) bool {
	decl := server.Declaration(s.At)
	if decl == nil {
		return false
	}
	found := false
	elsewhere := map[ast.Node]bool{}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			c.branches(s, elsewhere, n.Body, n.Else)
		case *ast.SwitchStmt:
			c.branches(s, elsewhere, nodes(n.Body)...)
		case *ast.TypeSwitchStmt:
			c.branches(s, elsewhere, nodes(n.Body)...)
		case *ast.FuncLit:
			elsewhere[n] = !code.Contains(n, s.Call) && c.serves(n)
		case *ast.Ident, *ast.BasicLit:
			found = found || server.MentionsClosed(c.pass.TypesInfo, n)
		}
		return !found && !elsewhere[n]
	})
	return found
}

// branches notes those of which only another one has the site.
func (c *checker) branches(s server.Site, elsewhere map[ast.Node]bool, list ...ast.Node) {
	for _, own := range list {
		if own == nil || !code.Contains(own, s.Call) {
			continue
		}
		for _, other := range list {
			if other != nil && other != own {
				elsewhere[other] = true
			}
		}
	}
}

func nodes(body *ast.BlockStmt) []ast.Node {
	var out []ast.Node
	for _, s := range body.List {
		out = append(out, s)
	}
	return out
}

// serves reports whether a function literal has a site that returns http.ErrServerClosed.
func (c *checker) serves(lit *ast.FuncLit) bool {
	for _, s := range c.info.Sites {
		if s.Op == server.Serve && s.Closed && code.Contains(lit, s.Call) {
			return true
		}
	}
	return false
}
