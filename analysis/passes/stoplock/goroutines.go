// SPDX-License-Identifier: Apache-2.0

package stoplock

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// A program is what the package does, by the variables and fields that it does it with.
type program struct {
	info  *types.Info
	decls map[types.Object]*ast.FuncDecl
	jobs  []job
}

// A job is a goroutine that the package starts: what it releases when it ends, and what
// it locks.
type job struct {
	releases map[types.Object]bool // WaitGroups that are done, channels that are closed
	locks    map[types.Object]mode
}

// A mode is how a mutex is locked.
type mode int

const (
	read mode = iota + 1
	write
)

// depth is how deep calls of functions of the package are followed.
const depth = 4

// goroutines finds the goroutines of the package.
func (p *program) goroutines(pass *check.Pass) {
	for n := range pass.Inspect.PreorderSeq((*ast.GoStmt)(nil), (*ast.CallExpr)(nil)) {
		switch n := n.(type) {
		case *ast.GoStmt:
			if !code.IsTest(pass.Fset, n.Pos()) {
				p.job(p.body(n.Call), nil)
			}
		case *ast.CallExpr:
			if code.IsCall(p.info, n, "(*sync.WaitGroup).Go") && len(n.Args) == 1 {
				p.job(p.value(n.Args[0]), p.receiver(n))
			}
		}
	}
}

// job adds the goroutine that runs a body, if it releases something that is waited for.
func (p *program) job(body *ast.BlockStmt, group types.Object) {
	if body == nil {
		return
	}
	j := job{releases: map[types.Object]bool{}, locks: map[types.Object]mode{}}
	if group != nil {
		j.releases[group] = true
	}
	p.collect(body, &j, depth, map[ast.Node]bool{})
	if len(j.releases) > 0 && len(j.locks) > 0 {
		p.jobs = append(p.jobs, j)
	}
}

// body returns the body of what a call runs.
func (p *program) body(call *ast.CallExpr) *ast.BlockStmt {
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		return lit.Body
	}
	if fn, ok := typeutil.Callee(p.info, call).(*types.Func); ok {
		if decl := p.decls[fn.Origin()]; decl != nil {
			return decl.Body
		}
	}
	return nil
}

// value returns the body of a function value.
func (p *program) value(e ast.Expr) *ast.BlockStmt {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return e.Body
	case *ast.Ident, *ast.SelectorExpr:
		id, ok := e.(*ast.Ident)
		if sel, is := e.(*ast.SelectorExpr); is {
			id, ok = sel.Sel, true
		}
		if ok {
			if decl := p.decls[p.info.Uses[id]]; decl != nil {
				return decl.Body
			}
		}
	}
	return nil
}

// collect notes what a body does, and the functions of the package that it calls.
func (p *program) collect(body *ast.BlockStmt, j *job, depth int, seen map[ast.Node]bool) {
	if depth == 0 || seen[body] {
		return
	}
	seen[body] = true
	visit := func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch {
		case code.IsCall(p.info, call, "(*sync.WaitGroup).Done"):
			j.releases[p.receiver(call)] = true
		case code.IsBuiltin(p.info, call, "close") && len(call.Args) == 1:
			j.releases[code.ObjectOf(p.info, call.Args[0])] = true
		default:
			if mutex, m := p.lock(call); m != 0 && mutex != nil {
				j.locks[mutex] = max(j.locks[mutex], m)
			} else if inner := p.body(call); inner != nil {
				p.collect(inner, j, depth-1, seen)
			}
		}
		return true
	}
	server.Own(body, visit)
	ast.Inspect(body, func(n ast.Node) bool { // what it defers runs in it too
		switch n := n.(type) {
		case *ast.GoStmt:
			return false
		case *ast.DeferStmt:
			if lit, ok := n.Call.Fun.(*ast.FuncLit); ok {
				p.collect(lit.Body, j, depth-1, seen)
			}
		case *ast.FuncLit:
			return false
		}
		return true
	})
	delete(j.releases, nil)
}

// lock returns the mutex that a call locks, and how.
func (p *program) lock(call *ast.CallExpr) (types.Object, mode) {
	switch {
	case code.IsCall(p.info, call, "(*sync.Mutex).Lock", "(*sync.RWMutex).Lock"):
		return p.receiver(call), write
	case code.IsCall(p.info, call, "(*sync.RWMutex).RLock"):
		return p.receiver(call), read
	}
	return nil, 0
}

// unlock returns the mutex that a call unlocks.
func (p *program) unlock(call *ast.CallExpr) types.Object {
	if code.IsCall(p.info, call, "(*sync.Mutex).Unlock", "(*sync.RWMutex).Unlock", "(*sync.RWMutex).RUnlock") {
		return p.receiver(call)
	}
	return nil
}

// receiver returns the variable or field that a method is called on, also the embedded
// field through which it is reached.
func (p *program) receiver(call *ast.CallExpr) types.Object {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	if s := p.info.Selections[sel]; s != nil {
		if field := server.Embedded(s); field != nil {
			return field
		}
	}
	return code.ObjectOf(p.info, sel.X)
}

// waited returns what an expression waits for: the WaitGroup, or the channel.
func (p *program) waited(n ast.Node) types.Object {
	switch n := n.(type) {
	case *ast.CallExpr:
		if code.IsCall(p.info, n, "(*sync.WaitGroup).Wait") {
			return p.receiver(n)
		}
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return code.ObjectOf(p.info, n.X)
		}
	}
	return nil
}
