// SPDX-License-Identifier: Apache-2.0

package serveerror

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

//go:embed doc.go
var doc string

// Analyzer reports servers whose error is only logged while the process lives on.
var Analyzer = check.New(doc, run, server.Analyzer)

func run(pass *check.Pass) (any, error) {
	info := pass.ResultOf[server.Analyzer].(*server.Info)
	if len(info.Sites) == 0 || !server.InProgram(pass.Pass) {
		return nil, nil
	}
	c := &checker{pass, info}
	for _, s := range info.Sites {
		if s.Op != server.Serve && s.Op != server.ServeGlobal || s.Wrapped && !returnsError(pass.TypesInfo, s.Call) {
			continue
		}
		if !c.ownListener(s) && !c.inListener(s) && c.unnoticed(s) {
			pass.Reportf(s.Call, "the program lives on without its server when %s fails: nobody acts on its error",
				types.ExprString(s.Call.Fun))
		}
	}
	return nil, nil
}

type checker struct {
	pass *check.Pass
	info *server.Info
}

// returnsError reports whether a call returns an error alone.
func returnsError(info *types.Info, call *ast.CallExpr) bool {
	t := info.TypeOf(call)
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// ownListener reports whether a call is given a listener that is not one of the net and
// tls packages: one in memory fails only when it is closed.
func (c *checker) ownListener(s server.Site) bool {
	return len(s.Call.Args) > 0 && c.isOwnListener(server.Declaration(s.At), s.Call.Args[0], 0)
}

// inListener reports whether a server is a part of a listener for others, and serves what
// that has been given: it ends with the listener below.
func (c *checker) inListener(s server.Site) bool {
	sel, ok := ast.Unparen(s.Call.Fun).(*ast.SelectorExpr)
	if !ok || len(s.Call.Args) == 0 {
		return false
	}
	field, ok := ast.Unparen(sel.X).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := code.ObjectOf(c.pass.TypesInfo, s.Call.Args[0]).(*types.Var)
	return ok && v.Kind() == types.ParamVar && accepts(c.pass.TypesInfo.TypeOf(field.X))
}

// accepts reports whether a type has the method Accept.
func accepts(t types.Type) bool {
	if t == nil {
		return false
	}
	m, _, _ := types.LookupFieldOrMethod(t, true, nil, "Accept")
	_, ok := m.(*types.Func)
	return ok
}

// isOwnListener reports it of an expression, also where it is wrapped for TLS.
func (c *checker) isOwnListener(decl *ast.FuncDecl, e ast.Expr, depth int) bool {
	info := c.pass.TypesInfo
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && code.IsCall(info, call, "crypto/tls.NewListener") {
		return c.isOwnListener(decl, call.Args[0], depth)
	}
	t := info.TypeOf(e)
	if t == nil {
		return false
	}
	if types.IsInterface(t) {
		value := onlyValue(info, decl, e)
		return value != nil && depth < 2 && c.isOwnListener(decl, value, depth+1)
	}
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	if !ok || n.Obj().Pkg() == nil || n.Obj().Pkg().Path() == "net" || n.Obj().Pkg().Path() == "net/http" {
		return false
	}
	for m := range types.NewMethodSet(t).Methods() {
		if m.Obj().Name() == "Accept" {
			return true
		}
	}
	return false
}

// onlyValue returns what a variable of a function is set to, if that is done once.
func onlyValue(info *types.Info, decl *ast.FuncDecl, e ast.Expr) (value ast.Expr) {
	v := code.ObjectOf(info, e)
	if decl == nil || v == nil || !code.ContainsPos(decl, v.Pos()) {
		return nil
	}
	times := 0
	ast.Inspect(decl, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == len(a.Rhs) {
			for i, l := range a.Lhs {
				if code.ObjectOf(info, l) == v {
					times++
					value = a.Rhs[i]
				}
			}
		}
		return true
	})
	if times != 1 {
		return nil
	}
	return value
}

// unnoticed reports whether a goroutine serves, and when that is over does nothing but
// write to the log.
func (c *checker) unnoticed(s server.Site) bool {
	g, ok := server.Goroutine(s.At)
	if !ok {
		return c.unnoticedMethod(s) || c.keptByGroup(s) || c.unnoticedInGroup(s) || c.waitsOn(s)
	}
	if c.minor(s, s.At) || c.minor(s, g) || oneOfMany(g) {
		return false
	}
	call := g.Node().(*ast.GoStmt).Call
	if call == s.Call {
		return true // the error goes nowhere at all
	}
	lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit)
	return ok && c.onlyLogs(lit.Body, s.Call)
}

// minor reports whether the words around a server say that it may be missing: one for
// profiles, or one for metrics and the like that has its listener already, and writes to the
// log why it ends, or is asked all the time by something else, which tells. A port in use,
// the error that does happen, was seen before then.
func (c *checker) minor(s server.Site, at inspector.Cursor) bool {
	binds := strings.HasPrefix(code.CallName(s.Call), "listenandserve")
	if server.IsGRPC(s.Server) {
		return false
	}
	return c.info.Profiles(at) || !binds && c.info.Aside(at) && (!dropped(s) || c.info.Probed(at))
}

// dropped reports whether nothing is done with the error of a server, not even written.
func dropped(s server.Site) bool {
	switch s.At.Parent().Node().(type) {
	case *ast.ExprStmt, *ast.GoStmt:
		return true
	}
	return false
}

// unnoticedMethod reports the same of a function of the package that is only run as a
// goroutine, and returns nothing.
func (c *checker) unnoticedMethod(s server.Site) bool {
	fn, ok := code.Enclosing(s.At)
	if !ok || c.minor(s, s.At) {
		return false
	}
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || decl.Type.Results != nil || !c.onlyLogs(decl.Body, s.Call) {
		return false
	}
	o := c.pass.TypesInfo.Defs[decl.Name]
	runs := 0
	for cur := range c.pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		id := cur.Node().(*ast.Ident)
		if c.pass.TypesInfo.Uses[id] != o {
			continue
		}
		g, ok := goOf(cur)
		if !ok || c.minor(s, g) || oneOfMany(g) {
			return false
		}
		runs++
	}
	return runs > 0
}

// goOf returns the go statement that runs a function that an identifier names.
func goOf(id inspector.Cursor) (inspector.Cursor, bool) {
	fun := id
	if _, ok := fun.Parent().Node().(*ast.SelectorExpr); ok {
		fun = fun.Parent()
	}
	call, ok := fun.Parent().Node().(*ast.CallExpr)
	if !ok || call.Fun != fun.Node() {
		return inspector.Cursor{}, false
	}
	_, ok = fun.Parent().Parent().Node().(*ast.GoStmt)
	return fun.Parent().Parent(), ok
}

// oneOfMany reports whether a goroutine is started in a loop, or for a request: the
// program has other servers. Those that are listed where the loop begins are known.
func oneOfMany(g inspector.Cursor) bool {
	loop, ok := code.Loop(g)
	if !ok {
		return false
	}
	each, ok := loop.Node().(*ast.RangeStmt)
	if !ok {
		return true
	}
	_, listed := ast.Unparen(each.X).(*ast.CompositeLit)
	return !listed
}

// onlyLogs reports whether a function does nothing after a call but look at its error and
// write to the log: no other call, no send, no assignment to what others see, no loop.
func (c *checker) onlyLogs(body *ast.BlockStmt, serve *ast.CallExpr) bool {
	ok := true
	others := instead(body, serve)
	ast.Inspect(body, func(n ast.Node) bool {
		if others[n] {
			return false
		}
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			ok = false
		case *ast.DeferStmt:
			ok = ok && !c.acts(n.Call)
			return false
		case *ast.CallExpr:
			ok = ok && (n.Pos() < serve.End() || !c.acts(n))
		case *ast.SendStmt:
			ok = ok && (n.End() < serve.Pos() || c.unheard(n.Chan))
		case *ast.SelectStmt:
			ok = ok && n.Pos() < serve.Pos()
		case *ast.UnaryExpr:
			ok = ok && (n.Op != token.ARROW || n.Pos() < serve.Pos())
		case *ast.AssignStmt:
			ok = ok && (n.Pos() < serve.Pos() && n.End() < serve.Pos() || c.local(body, n) || forgets(n))
		}
		return ok
	})
	return ok && c.unused(body, serve)
}

// forgets reports whether an assignment sets everything to nil: what has ended is let go.
func forgets(a *ast.AssignStmt) bool {
	return !slices.ContainsFunc(a.Rhs, func(e ast.Expr) bool {
		id, ok := ast.Unparen(e).(*ast.Ident)
		return !ok || id.Name != "nil"
	})
}

// locks only guard what is done between them.
var locks = []string{
	"(*sync.Mutex).Lock", "(*sync.Mutex).Unlock", "(*sync.RWMutex).Lock", "(*sync.RWMutex).Unlock",
	"(*sync.RWMutex).RLock", "(*sync.RWMutex).RUnlock", "(sync.Locker).Lock", "(sync.Locker).Unlock",
}

// acts reports whether a call does more than write to the log.
func (c *checker) acts(call *ast.CallExpr) bool {
	info := c.pass.TypesInfo
	if c.info.Fatal(info, call) {
		return true
	}
	if code.IsCall(info, call, "(net.Listener).Close", "(io.Closer).Close", "os.Remove", "errors.Is", "errors.As") || code.IsCall(info, call, locks...) {
		return false
	}
	if code.IsBuiltin(info, call, "close") && c.unheard(call.Args[0]) || c.countedForStop(call) {
		return false
	}
	return !server.Logs(info, call)
}

// countedForStop reports whether a call is Done of a WaitGroup that is only waited for when
// something stops, which is not because the server has ended, or until the other servers
// have ended too.
func (c *checker) countedForStop(call *ast.CallExpr) bool {
	if !code.IsCall(c.pass.TypesInfo, call, "(*sync.WaitGroup).Done") {
		return false
	}
	group := groupOf(c.pass.TypesInfo, call)
	return c.waitedForAtStop(group) || c.severalServe(group)
}

// waitedForAtStop reports whether functions that stop something wait for a WaitGroup, or
// those that have waited for a stop before, and no others do.
func (c *checker) waitedForAtStop(group types.Object) bool {
	waits := 0
	for cur := range c.pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		wait := cur.Node().(*ast.CallExpr)
		if !code.IsCall(c.pass.TypesInfo, wait, "(*sync.WaitGroup).Wait") || group == nil || groupOf(c.pass.TypesInfo, wait) != group {
			continue
		}
		if !c.atStop(cur, group) {
			return false
		}
		waits++
	}
	return waits > 0
}

func groupOf(info *types.Info, call *ast.CallExpr) types.Object {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	return code.ObjectOf(info, sel.X)
}

func stopName(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "stop") || strings.Contains(name, "close") || strings.Contains(name, "shutdown")
}

// local reports whether an assignment is to variables of the function only, or to such of
// the function around it as nobody reads later.
func (c *checker) local(body *ast.BlockStmt, a *ast.AssignStmt) bool {
	for _, l := range a.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok {
			return false
		}
		if o := c.pass.TypesInfo.ObjectOf(id); o != nil && (o.Pos() < body.Pos() || o.Pos() > body.End()) && c.readLater(o, body) {
			return false
		}
	}
	return true
}

// readLater reports whether a variable from outside of a function literal may be read when
// that has set it.
func (c *checker) readLater(o types.Object, body *ast.BlockStmt) bool {
	v, ok := o.(*types.Var)
	if !ok || v.Kind() != types.LocalVar {
		return true
	}
	for cur := range c.pass.Inspect.Root().Preorder((*ast.Ident)(nil)) {
		if c.pass.TypesInfo.Uses[cur.Node().(*ast.Ident)] == o && (cur.Node().Pos() > body.End() || code.InLoop(cur)) {
			return true
		}
	}
	return false
}

// unused reports whether the call is a statement, or its error is kept in a variable:
// given to another call, or returned, somebody may see it.
func (c *checker) unused(body *ast.BlockStmt, serve *ast.CallExpr) bool {
	ok := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ExprStmt:
			ok = ok || n.X == serve
			if call, is := n.X.(*ast.CallExpr); is && !ok {
				for _, arg := range call.Args {
					ok = ok || arg == serve && !c.acts(call)
				}
			}
		case *ast.SendStmt:
			ok = ok || n.Value == serve && c.unheard(n.Chan)
		case *ast.AssignStmt:
			for _, r := range n.Rhs {
				ok = ok || r == serve
			}
		}
		return !ok
	})
	return ok
}
