// SPDX-License-Identifier: Apache-2.0

package stoplock

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// A program is what the package does, by the variables and fields that it does it with.
type program struct {
	info       *types.Info
	decls      map[types.Object]*ast.FuncDecl
	jobs       []job
	handlers   map[types.Object]mode // mutexes that handlers of requests lock
	unbuffered map[types.Object]bool // channels
}

// A job is a goroutine that the package starts: what it releases when it ends, and what
// it locks.
type job struct {
	releases map[ref]bool // WaitGroups that are done, channels that are closed
	receives map[ref]bool // channels without a buffer, in a loop
	adds     map[ref]bool // WaitGroups that it adds to: it manages others
	locks    map[ref]mode
}

// A ref is a variable, or the field of one: the fields of two values of the same type
// are apart as long as one function names both.
type ref struct{ object, of types.Object }

// aliases says which variables of a called method stand for which of the goroutine's.
type aliases map[types.Object]types.Object

// A mode is how a mutex is locked.
type mode int

const (
	read mode = iota + 1
	write
)

// depth is how deep calls of functions of the package are followed, for what is locked.
// A Done is looked for in the goroutine's function and in those it calls; a channel that
// one of the latter closes is mostly what it hands a result over with.
const (
	depth        = 3
	releaseDepth = 2
)

// A group of golang.org/x/sync/errgroup counts as a WaitGroup does.
const (
	groupGo   = "(*golang.org/x/sync/errgroup.Group).Go"
	groupWait = "(*golang.org/x/sync/errgroup.Group).Wait"
)

// goroutines finds the goroutines of the package.
func (p *program) goroutines(pass *check.Pass) {
	for n := range pass.Inspect.PreorderSeq((*ast.GoStmt)(nil), (*ast.CallExpr)(nil)) {
		switch n := n.(type) {
		case *ast.GoStmt:
			if !code.IsTest(pass.Fset, n.Pos()) {
				p.job(n.Call, p.body(n.Call), ref{})
			}
		case *ast.CallExpr:
			if code.IsCall(p.info, n, "(*sync.WaitGroup).Go", groupGo) && len(n.Args) == 1 {
				p.job(nil, p.value(n.Args[0]), p.receiver(n))
			}
		}
	}
}

// job adds the goroutine that runs a body, if it releases something that is waited for.
func (p *program) job(call *ast.CallExpr, body *ast.BlockStmt, group ref) {
	if body == nil {
		return
	}
	j := job{releases: map[ref]bool{}, receives: map[ref]bool{}, adds: map[ref]bool{}, locks: map[ref]mode{}}
	if group.object != nil {
		j.releases[group] = true
	}
	same := aliases{}
	if call != nil {
		same = p.bind(call, same)
	}
	p.collect(body, &j, same, depth, map[ast.Node]bool{})
	maps.DeleteFunc(j.releases, func(r ref, _ bool) bool { return j.adds[r] })
	p.receivesIn(body, &j, same)
	if len(j.releases)+len(j.receives) > 0 && len(j.locks) > 0 {
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

// owner stands for what a value knows by its fields, as a worker knows its manager.
var owner types.Object = types.NewVar(token.NoPos, nil, "owner", types.Typ[types.Invalid])

// bind returns the aliases in the method that a call names: its receiver is what it is
// called on.
func (p *program) bind(call *ast.CallExpr, outer aliases) aliases {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return outer
	}
	fn, ok := p.info.Uses[sel.Sel].(*types.Func)
	if !ok || fn.Signature().Recv() == nil {
		return outer
	}
	inner := maps.Clone(outer)
	inner[fn.Origin().Signature().Recv()] = nil // a value that has no name
	switch x := ast.Unparen(sel.X).(type) {
	case *ast.Ident:
		inner[fn.Origin().Signature().Recv()] = outer.of(p.info.Uses[x])
	case *ast.SelectorExpr:
		if p.root(x) != nil {
			inner[fn.Origin().Signature().Recv()] = owner
		}
	}
	return inner
}

// root returns the variable that an expression of fields begins with.
func (p *program) root(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if v, ok := p.info.Uses[e].(*types.Var); ok {
			return v
		}
	case *ast.SelectorExpr:
		if s := p.info.Selections[e]; s != nil && s.Kind() == types.FieldVal {
			return p.root(e.X)
		}
	case *ast.IndexExpr:
		return p.root(e.X)
	}
	return nil
}

func (a aliases) of(o types.Object) types.Object {
	if root, ok := a[o]; ok {
		return root
	}
	return o
}

// resolve returns a ref in the goroutine's own variables.
func (a aliases) resolve(r ref) ref {
	if r.of != nil {
		if r.of = a.of(r.of); r.of == nil {
			return ref{}
		}
	}
	return r
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
func (p *program) collect(body *ast.BlockStmt, j *job, same aliases, level int, seen map[ast.Node]bool) {
	if level == 0 || seen[body] {
		return
	}
	seen[body] = true
	visit := func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch {
		case code.IsCall(p.info, call, "(*sync.WaitGroup).Add"):
			j.adds[same.resolve(p.receiver(call))] = true
		case code.IsCall(p.info, call, "(*sync.WaitGroup).Done"):
			if level > depth-releaseDepth {
				j.releases[same.resolve(p.receiver(call))] = true
			}
		case code.IsBuiltin(p.info, call, "close") && len(call.Args) == 1:
			if level == depth {
				j.releases[same.resolve(p.ref(call.Args[0]))] = true
			}
		default:
			if mutex, m := p.lock(call); m != 0 {
				mutex = same.resolve(mutex)
				j.locks[mutex] = max(j.locks[mutex], m)
			} else if inner := p.body(call); inner != nil {
				p.collect(inner, j, p.bind(call, same), level-1, seen)
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
				p.collect(lit.Body, j, same, level, seen)
			}
		case *ast.FuncLit:
			return false
		}
		return true
	})
	delete(j.releases, ref{})
	delete(j.locks, ref{})
}

// ref returns what an expression names: a variable, or the field of a variable. Fields
// of fields may be anyone's.
func (p *program) ref(e ast.Expr) ref {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if v, ok := p.info.Uses[e].(*types.Var); ok {
			return ref{object: v}
		}
	case *ast.SelectorExpr:
		id, ok := ast.Unparen(e.X).(*ast.Ident)
		if !ok {
			if field, ok := p.info.Uses[e.Sel].(*types.Var); ok && p.root(e.X) != nil {
				return ref{field, owner}
			}
			return ref{}
		}
		v, ok := p.info.Uses[id].(*types.Var)
		if ok && p.info.Uses[e.Sel] != nil {
			return ref{p.info.Uses[e.Sel], v}
		}
	}
	return ref{}
}

// waited returns what an expression waits for: the WaitGroup, or the channel.
func (p *program) waited(n ast.Node) ref {
	switch n := n.(type) {
	case *ast.CallExpr:
		if code.IsCall(p.info, n, "(*sync.WaitGroup).Wait", groupWait) {
			return p.receiver(n)
		}
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return p.ref(n.X)
		}
	}
	return ref{}
}
