// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// A trail follows accepted connections through the functions of a package.
type trail struct {
	*check.Pass
	funcs     *chans.Funcs
	loops     []acceptLoop
	accepting map[ast.Node]bool                    // functions that call Accept
	starts    map[*ast.CallExpr][]inspector.Cursor // what calls start as goroutines
	reported  map[token.Pos]bool

	handshakes bool // the package may do some
	visits     int
}

func newTrail(pass *check.Pass, funcs *chans.Funcs) *trail {
	t := &trail{
		Pass: pass, funcs: funcs, accepting: map[ast.Node]bool{},
		starts: map[*ast.CallExpr][]inspector.Cursor{}, reported: map[token.Pos]bool{},
		handshakes: code.Imports(pass.Pkg, "crypto/tls") || code.Imports(pass.Pkg, "golang.org/x/crypto/ssh"),
	}
	for _, s := range funcs.Starts {
		if call, ok := s.Go.Node().(*ast.CallExpr); ok {
			t.starts[call] = append(t.starts[call], s.Body)
		}
	}
	return t
}

// How deep the functions of the package are looked into, and how many of them for all its
// loops: a method may call many others that are passed the connection.
const (
	visitDepth = 4
	maxVisits  = 5000
)

// A visit is one call of a function for an accepted connection.
type visit struct {
	*trail
	fn      ast.Node
	places  map[flow.Place]bool // what has the connection, or reads from it
	limited *bool               // it has a deadline by now
	own     bool                // in a goroutine of its own
	where   string
	depth   int
	results [][]string // for each result, the fields of it that have the connection
	calls   map[*ast.CallExpr][][]string
}

// walk goes over a body in the order of its text.
func (v *visit) walk(body *ast.BlockStmt) {
	v.calls = map[*ast.CallExpr][][]string{}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.DeferStmt:
			return false
		case *ast.GoStmt:
			v.start(n.Call, n.Call, v.funcs.Callee(n.Call))
			return false
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				v.assign(lhs, v.valueAt(n.Rhs, len(n.Lhs), i))
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				v.assign(name, v.valueAt(n.Values, len(n.Names), i))
			}
		case *ast.ReturnStmt:
			v.returns(n)
		case *ast.CallExpr:
			v.call(n)
		}
		return true
	})
}

// valueAt is value for one of n variables that some expressions are assigned to.
func (v *visit) valueAt(values []ast.Expr, n, i int) []string {
	if len(values) == n {
		return v.value(values[i])
	}
	if len(values) != 1 {
		return nil
	}
	if call, ok := ast.Unparen(values[0]).(*ast.CallExpr); ok {
		if r := v.call(call); i < len(r) {
			return r[i]
		}
		return nil
	}
	if i > 0 { // v, ok := x.(T)
		return nil
	}
	return v.value(values[0])
}

// value returns by which fields an expression leads to the connection: "" if it is that.
func (v *visit) value(e ast.Expr) (out []string) {
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return v.value(e.X)
	case *ast.TypeAssertExpr:
		return v.value(e.X)
	case *ast.CompositeLit:
		return v.literal(e)
	case *ast.CallExpr:
		if r := v.call(e); len(r) > 0 {
			return r[0]
		}
		return nil
	}
	at, ok := flow.PlaceOf(v.TypesInfo, e)
	if !ok {
		return nil
	}
	for p := range v.places {
		if rest, ok := strings.CutPrefix(p.Fields, at.Fields); p.Root == at.Root && ok && (rest == "" || rest[0] == '.') {
			out = append(out, rest)
		}
	}
	return out
}

// literal is value for a struct.
func (v *visit) literal(lit *ast.CompositeLit) (out []string) {
	t := v.TypesInfo.TypeOf(lit)
	if named, ok := types.Unalias(t).(*types.Named); ok && limiting(named.Obj().Name()) {
		return nil
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for i, elt := range lit.Elts {
		field, value := v.element(st, i, elt)
		if field == nil {
			continue
		}
		for _, rest := range v.value(value) {
			out = append(out, "."+field.Name()+rest)
			if rest == "" && field.Embedded() && v.promoted(t) {
				out = append(out, "")
			}
		}
	}
	return out
}

// element returns the field that an element of a literal is for, and its value.
func (v *visit) element(st *types.Struct, i int, elt ast.Expr) (*types.Var, ast.Expr) {
	kv, ok := elt.(*ast.KeyValueExpr)
	if !ok {
		return st.Field(i), elt
	}
	field, _ := code.ObjectOf(v.TypesInfo, kv.Key).(*types.Var)
	return field, kv.Value
}

// assign notes what a variable or field leads to from now on.
func (v *visit) assign(to ast.Expr, rests []string) {
	at, ok := flow.PlaceOf(v.TypesInfo, to)
	if !ok || at.Root == nil {
		return
	}
	maps.DeleteFunc(v.places, func(p flow.Place, _ bool) bool {
		return p.Root == at.Root && (p.Fields == at.Fields || strings.HasPrefix(p.Fields, at.Fields+"."))
	})
	for _, rest := range rests {
		v.places[flow.Place{Root: at.Root, Fields: at.Fields + rest}] = true
	}
}

// returns notes what the results of the function lead to.
func (v *visit) returns(ret *ast.ReturnStmt) {
	n := len(ret.Results)
	if call, ok := lone(ret.Results); ok {
		n = max(n, len(v.call(call)))
	}
	for i := range n {
		if i == len(v.results) {
			v.results = append(v.results, nil)
		}
		v.results[i] = append(v.results[i], v.valueAt(ret.Results, n, i)...)
	}
}

// lone returns the only one of some expressions, if it is a call.
func lone(list []ast.Expr) (*ast.CallExpr, bool) {
	if len(list) != 1 {
		return nil, false
	}
	call, ok := ast.Unparen(list[0]).(*ast.CallExpr)
	return call, ok
}

// call looks at a call once, and returns what its results lead to.
func (v *visit) call(call *ast.CallExpr) [][]string {
	r, ok := v.calls[call]
	if !ok {
		v.calls[call] = nil
		r = v.run(call)
		v.calls[call] = r
	}
	return r
}

func (v *visit) run(call *ast.CallExpr) [][]string {
	callee := v.funcs.Callee(call)
	switch {
	case v.TypesInfo.Types[call.Fun].IsType():
		return [][]string{v.value(call.Args[0])}
	case code.IsCall(v.TypesInfo, call, accepts...):
		if v.own {
			return nil // a loop of its own
		}
		return [][]string{{""}}
	case v.limits(call):
		*v.limited = true
		return nil
	case v.started(call):
		return nil
	case callee.Valid() && (v.touches(call) || v.accepting[callee.Node()] && !v.own):
		return v.enter(callee, call, v.limited, v.own)
	case v.inPackage(call):
		return nil
	case v.waits(call):
		v.report(call)
	case code.IsCall(v.TypesInfo, call, wrappers...) && v.reads(call.Args[0]):
		return [][]string{{""}}
	}
	return nil
}

// touches reports whether a call has the connection, or is of a literal.
func (v *visit) touches(call *ast.CallExpr) bool {
	if recv := code.Receiver(call); recv != nil && len(v.value(recv)) > 0 {
		return true
	}
	if _, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		return true
	}
	return slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return len(v.value(arg)) > 0 })
}

// enter visits a function of the package, or a literal, that a call is of.
func (v *visit) enter(fn inspector.Cursor, call *ast.CallExpr, limited *bool, own bool) [][]string {
	if v.depth == visitDepth || fn.Node() == v.fn || *limited || own && !v.handshakes || v.visits == maxVisits {
		return nil
	}
	v.visits++
	next := &visit{trail: v.trail, fn: fn.Node(), places: map[flow.Place]bool{}, limited: limited, own: own, where: v.where, depth: v.depth + 1}
	switch n := fn.Node().(type) {
	case *ast.FuncLit:
		maps.Copy(next.places, v.places)
		v.pass(next, n.Type.Params, call.Args)
	case *ast.FuncDecl:
		v.pass(next, n.Type.Params, call.Args)
		if recv := code.Receiver(call); n.Recv != nil && recv != nil {
			v.pass(next, n.Recv, []ast.Expr{recv})
		}
	}
	next.walk(code.Body(fn.Node()))
	return next.results
}

// pass notes what the parameters of a function that is called lead to.
func (v *visit) pass(next *visit, params *ast.FieldList, args []ast.Expr) {
	i := 0
	for _, field := range params.List {
		for _, name := range field.Names {
			if i < len(args) {
				next.assign(name, v.value(args[i]))
			}
			i++
		}
		i += max(0, 1-len(field.Names))
	}
}

// started visits what a call starts as goroutines, if it does.
func (v *visit) started(call *ast.CallExpr) bool {
	bodies, ok := v.starts[call]
	for _, body := range bodies {
		v.start(call, &ast.CallExpr{Fun: call.Fun}, body)
	}
	return ok
}

// start visits a goroutine that is started at a place. A literal that closes the connection
// later limits the others.
func (v *visit) start(at ast.Node, call *ast.CallExpr, body inspector.Cursor) {
	if !body.Valid() {
		return
	}
	limited := *v.limited || v.guarded(at)
	v.enter(body, call, &limited, true)
	if v.closesLater(body.Node()) {
		*v.limited = true
	}
}

// guarded reports whether something else than a goroutine may close its connection: another
// literal, or the function that has started it and selects then.
func (v *visit) guarded(start ast.Node) (found bool) {
	ast.Inspect(code.Body(v.fn), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			found = found || !code.Contains(start, n) && v.closesLater(n)
			return false
		case *ast.SelectStmt:
			found = found || n.Pos() > start.End()
		}
		return !found
	})
	return found
}

// closesLater reports whether a literal waits for something, and closes the connection.
func (v *visit) closesLater(fn ast.Node) bool {
	if _, ok := fn.(*ast.FuncLit); !ok || !v.closes(fn) {
		return false
	}
	receives, reads := false, false
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			receives = receives || n.Op == token.ARROW
		case *ast.CallExpr:
			reads = reads || v.waits(n)
		}
		return true
	})
	return receives && !reads
}

// report reports a call that waits, unless the connection has a deadline.
func (v *visit) report(call *ast.CallExpr) {
	if *v.limited || v.reported[call.Pos()] {
		return
	}
	v.reported[call.Pos()] = true
	if v.own {
		v.Reportf(call, "%s has no deadline: a client that sends nothing keeps the connection and its goroutine for ever; set one before", exits.Name(call))
		return
	}
	v.Reportf(call, "%s has no deadline in %s: one client that sends nothing holds all others; set one before, or start a goroutine", exits.Name(call), v.where)
}
