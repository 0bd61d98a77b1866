// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// summarize exports what the functions of the package do for their callers.
func (c *collector) summarize() {
	for _, s := range c.info.Sites {
		fn := enclosingDecl(s.At)
		if fn == nil || fn.Name.Name == "main" && fn.Recv == nil {
			continue
		}
		o, _ := c.pass.TypesInfo.Defs[fn.Name].(*types.Func)
		if o == nil {
			continue
		}
		var old Func
		c.pass.ImportObjectFact(o, &old)
		if next := c.summary(fn, o, s); stronger(next.Op, old.Op) || next.Op == old.Op && next != old && old.Op != Serve {
			c.pass.ExportObjectFact(o, &next)
		}
	}
}

// stronger reports whether an operation says more about a function than another: one
// that serves blocks, whatever else it does.
func stronger(op, than Op) bool {
	rank := map[Op]int{None: 0, Close: 1, Shutdown: 2, ServeGlobal: 3, Serve: 4}
	return rank[op] > rank[than]
}

func (c *collector) summary(fn *ast.FuncDecl, o *types.Func, s Site) Func {
	f := Func{Op: s.Op, Server: c.serverParam(o, s.Server)}
	switch s.Op {
	case GracefulStop:
		f.Op = Shutdown // it is reported where it is
		f.Endless = !limited(c.pass.TypesInfo, fn.Body)
	case Shutdown:
		f.Ctx = c.contextParam(fn, o, s.Ctx)
		f.Endless = s.Endless || s.Ctx != nil && code.Endless(c.pass.TypesInfo, s.Ctx, fn) && !limited(c.pass.TypesInfo, fn.Body)
	case Serve:
		f.Closed = s.Closed && c.returned(fn, s)
		f.Drains = s.Drains
		f.Stopped = c.info.Stopped(s)
	}
	return f
}

// serverParam says how the caller of a function names the server that it serves or
// stops: a parameter from 1, 0 for the receiver or what it has, -1 for neither.
func (c *collector) serverParam(fn *types.Func, server types.Object) int {
	sig := fn.Signature()
	if server != nil {
		for i := range sig.Params().Len() {
			if c.info.ids.find(sig.Params().At(i)) == server {
				return i + 1
			}
		}
	}
	if sig.Recv() != nil {
		return 0
	}
	return -1
}

// contextParam returns the parameter, from 1, that is given on to Shutdown as it is.
func (c *collector) contextParam(fn *ast.FuncDecl, o *types.Func, ctx ast.Expr) int {
	id, ok := ctx.(*ast.Ident)
	if !ok {
		return 0
	}
	use := c.pass.TypesInfo.Uses[id]
	for i := range o.Signature().Params().Len() {
		if o.Signature().Params().At(i) == use && !assigned(c.pass.TypesInfo, fn.Body, use) {
			return i + 1
		}
	}
	return 0
}

func assigned(info *types.Info, body ast.Node, v types.Object) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for _, l := range a.Lhs {
				if id, ok := l.(*ast.Ident); ok && info.ObjectOf(id) == v {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// returned reports whether a function returns what a Serve in it returns, as it is or
// wrapped, without a look at http.ErrServerClosed.
func (c *collector) returned(fn *ast.FuncDecl, s Site) bool {
	if MentionsClosed(c.pass.TypesInfo, fn) {
		return false
	}
	switch parent := s.At.Parent().Node().(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.AssignStmt:
		return len(parent.Lhs) == 1 && c.returnsVar(fn, parent.Lhs[0])
	}
	return false
}

// returnsVar reports whether a function returns a variable, alone or in a call such as
// fmt.Errorf.
func (c *collector) returnsVar(fn *ast.FuncDecl, e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	v := c.pass.TypesInfo.ObjectOf(id)
	found := false
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
			found = found || code.Mentions(c.pass.TypesInfo, r.Results[len(r.Results)-1], v)
		}
		return !found
	})
	return found
}

// MentionsClosed reports whether code looks at http.ErrServerClosed, or at the text of
// it.
func MentionsClosed(info *types.Info, n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			found = found || n.Name == "ErrServerClosed" || n.Name == "ErrServerStopped"
		case *ast.BasicLit:
			found = found || n.Value == `"http: Server closed"`
		}
		return !found
	})
	return found
}

// enclosingDecl returns the function in whose own body a call is, nil if it is in a
// function literal or in a goroutine of its own.
func enclosingDecl(at inspector.Cursor) *ast.FuncDecl {
	for cur := range at.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil), (*ast.GoStmt)(nil)) {
		fn, _ := cur.Node().(*ast.FuncDecl)
		return fn
	}
	return nil
}

// limited reports whether a function sets some limit of time, which may be that of what
// it waits for.
func limited(info *types.Info, body ast.Node) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		found = found || code.IsCall(info, n, "time.After", "time.AfterFunc", "time.NewTimer", "context.WithTimeout", "context.WithDeadline")
		return !found
	})
	return found
}
