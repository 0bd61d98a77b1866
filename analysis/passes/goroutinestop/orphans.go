// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// orphans reports objects with a goroutine of their own that nobody can stop: a local
// variable alone has them, or a field of an object that can be stopped and does not stop
// them. In a program, the process ends them.
func (f *finder) orphans() {
	if f.program() {
		return
	}
	o := f.owners
	for cur := range f.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		fn := typeutil.StaticCallee(f.TypesInfo, call)
		if fn == nil || code.IsTest(f.Fset, call.Pos()) {
			continue
		}
		stop := o.stop[fn.Origin()]
		if stop == "" {
			stop = knownOwners[fn.FullName()]
		}
		if stop == "" || f.onceOnly(cur) {
			continue
		}
		f.orphan(cur, fn, stop, o.starts[fn.Origin()])
	}
}

// knownOwners are functions of other modules, and of the standard library, whose result has
// goroutines of its own until its method is called.
var knownOwners = map[string]string{
	"database/sql.Open":                            "Close",
	"database/sql.OpenDB":                          "Close",
	"net/rpc.Dial":                                 "Close",
	"net/rpc.DialHTTP":                             "Close",
	"net/rpc.DialHTTPPath":                         "Close",
	"net/rpc.NewClient":                            "Close",
	"net/rpc/jsonrpc.Dial":                         "Close",
	"net/rpc/jsonrpc.NewClient":                    "Close",
	"github.com/kolo/xmlrpc.NewClient":             "Close",
	"github.com/fsnotify/fsnotify.NewWatcher":      "Close",
	"google.golang.org/grpc.Dial":                  "Close",
	"google.golang.org/grpc.DialContext":           "Close",
	"google.golang.org/grpc.NewClient":             "Close",
	"go.etcd.io/etcd/client/v3.New":                "Close",
	"go.etcd.io/etcd/clientv3.New":                 "Close",
	"github.com/nats-io/nats.go.Connect":           "Close",
	"github.com/rabbitmq/amqp091-go.Dial":          "Close",
	"github.com/streadway/amqp.Dial":               "Close",
	"github.com/IBM/sarama.NewClient":              "Close",
	"github.com/Shopify/sarama.NewClient":          "Close",
	"go.mongodb.org/mongo-driver/mongo.Connect":    "Disconnect",
	"go.mongodb.org/mongo-driver/v2/mongo.Connect": "Disconnect",
	"github.com/redis/go-redis/v9.NewClient":       "Close",
	"github.com/go-redis/redis/v8.NewClient":       "Close",
	"cloud.google.com/go/pubsub.NewClient":         "Close",
	"cloud.google.com/go/storage.NewClient":        "Close",
}

// onceOnly reports whether a call is made once for the process.
func (f *finder) onceOnly(call inspector.Cursor) bool {
	decl := code.Declaration(call)
	if !decl.Valid() || code.IsEntry(f.Pass.Pass, decl.Node()) || f.keeps(call) || f.guarded(decl.Node().(*ast.FuncDecl), call.Node()) {
		return true
	}
	for lit := range call.Enclosing((*ast.FuncLit)(nil)) {
		if f.once(lit) {
			return true
		}
	}
	return false
}

// orphan reports the object that a call makes, if nobody can stop it.
func (f *finder) orphan(cur inspector.Cursor, fn *types.Func, stop string, start ast.Node) {
	t := fn.Signature().Results().At(0).Type()
	field, v := f.kept(cur)
	switch {
	case v != nil && f.localOnly(cur, v, t) && f.comesBack(cur):
		f.Reportf(cur.Node(), "the goroutine that %s starts cannot be stopped: only %s has what it belongs to, and nothing calls its %s", fn.Name(), v.Name(), stop)
	case field != nil:
		if by := f.forgets(field, t); by != "" {
			at := cur.Node()
			if start != nil {
				at = start
			}
			f.Reportf(at, "the goroutine that %s starts cannot be stopped: nothing calls %s of %s, and %s leaves it behind", fn.Name(), stop, field.Name(), by)
		}
	}
}

// kept returns the field, or the local variable, that gets the first result of a call.
func (f *finder) kept(call inspector.Cursor) (field, local *types.Var) {
	var to ast.Expr
	switch n := call.Parent().Node().(type) {
	case *ast.AssignStmt:
		if len(n.Rhs) != 1 {
			return nil, nil
		}
		to = n.Lhs[0]
	case *ast.ValueSpec:
		to = n.Names[0]
	case *ast.KeyValueExpr:
		to = n.Key
	default:
		return nil, nil
	}
	v, ok := code.ObjectOf(f.TypesInfo, to).(*types.Var)
	switch {
	case !ok:
	case v.IsField():
		return v.Origin(), nil
	case v.Parent() != f.Pkg.Scope() && call.ParentEdgeKind() != edge.KeyValueExpr_Value:
		if field := f.movedTo(call, v); field != nil {
			return field, nil
		}
		return nil, v
	}
	return nil, nil
}

// movedTo returns the field that a function gives a local variable to.
func (f *finder) movedTo(call inspector.Cursor, v *types.Var) *types.Var {
	for _, cur := range f.uses(code.Declaration(call), v) {
		var to ast.Expr
		switch n := cur.Parent().Node().(type) {
		case *ast.AssignStmt:
			if i := slices.Index(n.Rhs, ast.Expr(cur.Node().(*ast.Ident))); i >= 0 && len(n.Lhs) == len(n.Rhs) {
				to = n.Lhs[i]
			}
		case *ast.KeyValueExpr:
			if n.Value == cur.Node() {
				to = n.Key
			}
		}
		if field, ok := code.ObjectOf(f.TypesInfo, to).(*types.Var); ok && field.IsField() {
			return field.Origin()
		}
	}
	return nil
}

// localOnly reports whether a local variable is only used to call methods that do not stop
// what it holds, or given to what cannot stop it and does not leave the function either.
func (f *finder) localOnly(call inspector.Cursor, v *types.Var, t types.Type) bool {
	uses := f.uses(code.Declaration(call), v)
	for _, cur := range uses {
		switch cur.ParentEdgeKind() {
		case edge.SelectorExpr_X:
			up := cur.Parent()
			if up.ParentEdgeKind() != edge.CallExpr_Fun || stopsByName(up.Node().(*ast.SelectorExpr).Sel.Name) || f.handsOut(up.Parent()) {
				return false
			}
		case edge.BinaryExpr_X:
		case edge.CallExpr_Args:
			if !f.cannotStop(cur, t) {
				return false
			}
		default:
			return false
		}
	}
	return len(uses) > 0
}

// handsOut reports whether a call of a method returns what could have a part of the object,
// and stop it, or runs it.
func (f *finder) handsOut(call inspector.Cursor) bool {
	name := strings.ToLower(call.Node().(*ast.CallExpr).Fun.(*ast.SelectorExpr).Sel.Name)
	for _, word := range []string{"run", "serve", "start", "wait", "listen", "with"} {
		if strings.HasPrefix(name, word) {
			return true
		}
	}
	for up := range call.Enclosing((*ast.ReturnStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		ret, ok := up.Node().(*ast.ReturnStmt)
		return ok && len(ret.Results) > 0 && f.complex(f.TypesInfo.TypeOf(call.Node().(*ast.CallExpr)))
	}
	return false
}

// complex reports whether values of a type may refer to something else: structs, pointers
// to them, interfaces but for errors, channels and functions.
func (f *finder) complex(t types.Type) bool {
	if t == nil || types.Identical(t, types.Universe.Lookup("error").Type()) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return false
	case *types.Slice:
		return f.complex(u.Elem())
	case *types.Tuple:
		for v := range u.Variables() {
			if f.complex(v.Type()) {
				return true
			}
		}
		return false
	}
	return true
}

// cannotStop reports whether an argument is given to a parameter of an interface without a
// method that stops, and what the call returns is nothing, or a local variable that is only
// used to call methods.
func (f *finder) cannotStop(arg inspector.Cursor, t types.Type) bool {
	call := arg.Parent().Node().(*ast.CallExpr)
	sig, ok := f.TypesInfo.TypeOf(call.Fun).(*types.Signature)
	_, i := arg.ParentEdge()
	if !ok || i >= sig.Params().Len() || sig.Variadic() && i == sig.Params().Len()-1 {
		return false
	}
	in, ok := sig.Params().At(i).Type().Underlying().(*types.Interface)
	if !ok || in.NumMethods() == 0 {
		return false
	}
	for m := range in.Methods() {
		if stopsByName(m.Name()) {
			return false
		}
	}
	switch n := arg.Parent().Parent().Node().(type) {
	case *ast.ExprStmt:
		return sig.Results().Len() == 0 || !f.complex(sig.Results())
	case *ast.AssignStmt:
		w, ok := code.ObjectOf(f.TypesInfo, n.Lhs[0]).(*types.Var)
		if !ok || w.IsField() || w.Parent() == f.Pkg.Scope() {
			return false
		}
		return f.localOnly(arg, w, t)
	}
	return false
}

// comesBack reports whether the function that makes something may end after that.
func (f *finder) comesBack(call inspector.Cursor) bool {
	fn := code.Function(call)
	g := flow.Of(f.TypesInfo, code.Body(fn.Node()))
	if g == nil {
		return false
	}
	from := g.At(call.Node().Pos())
	return from != nil && flow.Search(from.Next, func(s *flow.Step) []*flow.Step { return s.Next }, func(s *flow.Step) bool { return s == g.Exit }) != nil && !f.waitsForGood(fn)
}

// waitsForGood reports whether a function waits for a channel or a group, as one does that
// runs as long as the process.
func (f *finder) waitsForGood(fn inspector.Cursor) bool {
	for cur := range fn.Preorder((*ast.SelectStmt)(nil), (*ast.UnaryExpr)(nil), (*ast.RangeStmt)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.SelectStmt:
			return true
		case *ast.UnaryExpr:
			if code.IsChan(f.TypesInfo.TypeOf(n.X)) {
				return true
			}
		case *ast.RangeStmt:
			if code.IsChan(f.TypesInfo.TypeOf(n.X)) {
				return true
			}
		}
	}
	return false
}

// forgets returns the method that stops an object and not what is in a field of it, if
// nothing in the package stops such a thing, and others cannot.
func (f *finder) forgets(field *types.Var, t types.Type) string {
	if field.Exported() || field.Pkg() != f.Pkg || !types.Identical(field.Type(), t) {
		return ""
	}
	by := f.holderStop(field)
	if by == "" {
		return ""
	}
	for cur := range f.Inspect.Root().Preorder((*ast.SelectorExpr)(nil), (*ast.Ident)(nil)) {
		switch n := cur.Node().(type) {
		case *ast.SelectorExpr:
			if stopsByName(n.Sel.Name) && f.ofType(n.X, t) {
				return ""
			}
		case *ast.Ident:
			if f.TypesInfo.Uses[n] == field && !f.staysInside(cur, t) {
				return ""
			}
		}
	}
	return by
}

// ofType reports whether an expression is of a type, or of an interface that it has the
// methods of.
func (f *finder) ofType(e ast.Expr, t types.Type) bool {
	of := f.TypesInfo.TypeOf(e)
	if of == nil {
		return false
	}
	if in, ok := of.Underlying().(*types.Interface); ok {
		return types.Implements(t, in)
	}
	return types.Identical(of, t)
}

// holderStop returns the method that stops the struct of the package which a field
// is one of, with the name of that.
func (f *finder) holderStop(field *types.Var) string {
	for _, name := range f.Pkg.Scope().Names() {
		tn, ok := f.Pkg.Scope().Lookup(name).(*types.TypeName)
		if !ok {
			continue
		}
		s, ok := tn.Type().Underlying().(*types.Struct)
		if !ok || !slices.Contains(slices.Collect(s.Fields()), field) {
			continue
		}
		named, ok := tn.Type().(*types.Named)
		if !ok {
			return ""
		}
		for m := range named.Methods() {
			switch m.Name() {
			case "Close", "Stop", "Shutdown", "Disconnect", "Destroy", "Terminate", "close", "stop", "shutdown":
				return name + "." + m.Name()
			}
		}
	}
	return ""
}

// staysInside reports whether a use of a field keeps what it holds in the package: a method
// is called, it is compared or set, or given to another field or a function of the package.
func (f *finder) staysInside(cur inspector.Cursor, t types.Type) bool {
	at := cur
	if at.ParentEdgeKind() == edge.SelectorExpr_Sel {
		at = at.Parent()
	}
	switch at.ParentEdgeKind() {
	case edge.SelectorExpr_X:
		return at.Parent().ParentEdgeKind() == edge.CallExpr_Fun
	case edge.BinaryExpr_X, edge.AssignStmt_Lhs, edge.KeyValueExpr_Key:
		return true
	case edge.KeyValueExpr_Value:
		to, ok := code.ObjectOf(f.TypesInfo, at.Parent().Node().(*ast.KeyValueExpr).Key).(*types.Var)
		return ok && to.IsField() && !to.Exported() && to.Pkg() == f.Pkg
	case edge.CallExpr_Args:
		fn := typeutil.StaticCallee(f.TypesInfo, at.Parent().Node().(*ast.CallExpr))
		return fn != nil && fn.Pkg() == f.Pkg
	}
	return false
}
