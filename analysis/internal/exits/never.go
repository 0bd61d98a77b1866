// SPDX-License-Identifier: Apache-2.0

package exits

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// never has the functions that end the process, by package: those of the standard
// library, and of loggers whose way to os.Exit leads through a field or a hook, where
// reading their code does not find it. A star stands for the rest of a name.
var never = map[string][]string{
	"os":                             {"Exit"},
	"syscall":                        {"Exit"},
	"log":                            {"Fatal*"},
	"go.uber.org/zap":                {"Fatal*"},
	"github.com/sirupsen/logrus":     {"Fatal*", "Exit"},
	"github.com/golang/glog":         {"Fatal*", "Exit*"},
	"k8s.io/klog":                    {"Fatal*", "Exit*", "FlushAndExit"},
	"google.golang.org/grpc/grpclog": {"Fatal*"},
	"gopkg.in/alecthomas/kingpin.v2": {"Fatalf", "FatalUsage"},
	"github.com/alecthomas/kingpin":  {"Fatalf", "FatalUsage"},
	"github.com/alecthomas/kong":     {"Fatalf"},
	"unknwon.dev/clog":               {"Fatal*"},
}

// onError are functions that end the process if the error they are given is not nil.
var onError = map[string]string{
	"github.com/spf13/cobra":         "CheckErr",
	"gopkg.in/alecthomas/kingpin.v2": "FatalIfError",
	"github.com/alecthomas/kingpin":  "FatalIfError",
	"github.com/alecthomas/kong":     "FatalIfErrorf",
}

// chained are loggers with events: log.Fatal().Err(err).Msg("…"). The last call exits.
var chained = map[string]bool{
	"github.com/rs/zerolog":                true,
	"github.com/rs/zerolog/log":            true,
	"github.com/phuslu/log":                true,
	"github.com/projectdiscovery/gologger": true,
}

// Exit reports whether a call ends the process without running what is deferred.
// Panics, [runtime.Goexit] and the Fatal of a test run it.
func (k *Knowledge) Exit(call *ast.CallExpr) (Exit, bool) {
	switch obj := typeutil.Callee(k.pass.TypesInfo, call).(type) {
	case *types.Func:
		if e, ok := k.exits[obj.Origin()]; ok {
			return e, true
		}
		if obj.Pkg() == nil {
			return Exit{}, false
		}
		path := unversioned(obj.Pkg().Path())
		if matches(never[path], obj.Name()) {
			return Exit{}, true
		}
		if name := onError[path]; name != "" && obj.Name() == name {
			return Exit{OnError: true}, true
		}
		if chained[path] {
			return Exit{}, k.fatalEvent(call)
		}
		return k.ofInterface(obj.Origin())
	case *types.Var:
		if e, ok := k.exits[obj.Origin()]; ok {
			return e, true
		}
		return k.ofVariable(obj.Origin())
	}
	return Exit{}, false
}

func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if prefix, star := strings.CutSuffix(p, "*"); name == p || star && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// unversioned cuts the major version off an import path.
func unversioned(path string) string {
	i := strings.LastIndex(path, "/v")
	if i < 0 || i+2 == len(path) || strings.Trim(path[i+2:], "0123456789") != "" {
		return path
	}
	return path[:i]
}

// fatalEvent reports whether a call writes an event, and the event is a fatal one.
func (k *Knowledge) fatalEvent(call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || !strings.HasPrefix(sel.Sel.Name, "Msg") && sel.Sel.Name != "Send" {
		return false
	}
	for {
		inner, ok := ast.Unparen(sel.X).(*ast.CallExpr)
		if !ok {
			return false
		}
		if sel, ok = ast.Unparen(inner.Fun).(*ast.SelectorExpr); !ok {
			return false
		}
		if sel.Sel.Name == "Fatal" {
			return true
		}
	}
}

// findExits finds the functions of the package that end the process, until there are
// no more: one may call another.
func (k *Knowledge) findExits() {
	for more := true; more; {
		more = k.exitVars()
		for fn, decl := range k.decls {
			if _, known := k.exits[fn]; known || fn.Name() == "main" || fn.Name() == "init" {
				continue
			}
			if e, ok := k.bodyExits(decl); ok {
				k.exits[fn], more = e, true
				k.pass.ExportObjectFact(fn, &e)
			}
		}
	}
	k.exitInterfaces()
}

// exitInterfaces finds the methods of interfaces by which a type of the package that
// implements them ends the process: Fatal of a logger that is known by its interface.
func (k *Knowledge) exitInterfaces() {
	fatals := map[*types.Func]Exit{}
	for fn, e := range k.exits {
		if m, ok := fn.(*types.Func); ok && m.Pkg() == k.pass.Pkg && m.Signature().Recv() != nil && strings.HasPrefix(m.Name(), "Fatal") {
			fatals[m] = e
		}
	}
	if len(fatals) == 0 {
		return
	}
	scope := k.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		named, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || named.IsAlias() || !types.IsInterface(named.Type()) {
			continue
		}
		iface := named.Type().Underlying().(*types.Interface)
		for i := range iface.NumExplicitMethods() {
			method := iface.ExplicitMethod(i)
			if e, ok := implemented(fatals, iface, method.Name()); ok && method.Pkg() == k.pass.Pkg { // not that of a type defined by another
				k.exits[method] = e
				k.pass.ExportObjectFact(method, &e)
			}
		}
	}
}

// implemented returns the exit of a method that implements one of an interface.
func implemented(fatals map[*types.Func]Exit, iface *types.Interface, method string) (Exit, bool) {
	for fn, e := range fatals {
		if fn.Name() == method && types.Implements(fn.Signature().Recv().Type(), iface) {
			return e, true
		}
	}
	return Exit{}, false
}

// exitVars finds package variables such as "var exit = os.Exit".
func (k *Knowledge) exitVars() (found bool) {
	for _, init := range k.pass.TypesInfo.InitOrder {
		if len(init.Lhs) != 1 || !isFunc(init.Lhs[0].Type()) {
			continue
		}
		if _, known := k.exits[init.Lhs[0]]; known {
			continue
		}
		if e, ok := k.value(init.Rhs); ok {
			k.exits[init.Lhs[0]], found = e, true
			k.pass.ExportObjectFact(init.Lhs[0], &e)
		}
	}
	return found
}

func isFunc(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

func (k *Knowledge) bodyExits(decl *ast.FuncDecl) (Exit, bool) {
	if saysFatal(decl.Name.Name) && decl.Type.Results == nil && !returns(decl.Body) && !k.asks(decl) && k.leadsToExit(decl.Body, depth) {
		return Exit{Hooks: k.runsHooks(decl.Body, depth)}, true
	}
	return k.funcExits(decl.Type, decl.Body)
}

// funcExits reports whether a function, with a name or without, ends the process.
func (k *Knowledge) funcExits(typ *ast.FuncType, body *ast.BlockStmt) (Exit, bool) {
	if mayExit(body) && !returns(body) && k.Exits(body) {
		return Exit{Hooks: k.runsHooks(body, depth)}, true
	}
	if param := errorParam(k.pass.TypesInfo, typ); param != nil && k.exitsIfSet(body, param) {
		return Exit{OnError: true, Hooks: k.runsHooks(body, depth)}, true
	}
	return Exit{}, false
}

// saysFatal reports whether the name of a function leaves no doubt that it is called for
// an end.
func saysFatal(name string) bool {
	name = strings.ToLower(name)
	for _, verb := range []string{"fatal", "die", "bail", "abort"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}

// leadsToExit reports whether a function calls one that may exit. That is enough for one
// whose name says that it does, as in a logger whose levels come together in one
// function; a Fatal that only writes has no exit behind it.
func (k *Knowledge) leadsToExit(body *ast.BlockStmt, depth int) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		if _, found = k.Exit(call); found {
			return false
		}
		if decl := k.Decl(k.Callee(call)); decl != nil && depth > 0 {
			found = k.leadsToExit(decl.Body, depth-1)
		}
		return !found
	})
	return found
}

// mayExit is a quick look that spares most functions the rest: the last statement of a
// function that always exits is a call, or has blocks.
func mayExit(body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return false
	}
	switch body.List[len(body.List)-1].(type) {
	case *ast.ReturnStmt, *ast.AssignStmt, *ast.ForStmt, *ast.RangeStmt, *ast.GoStmt:
		return false
	}
	return true
}

// returns reports whether a function has a return statement of its own.
func returns(body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ReturnStmt:
			found = true
		case *ast.FuncLit:
			return false
		}
		return !found
	})
	return found
}

// Exits reports whether a statement always ends the process, as far as its end is
// reached at all.
func (k *Knowledge) Exits(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		call, ok := ast.Unparen(s.X).(*ast.CallExpr)
		if !ok {
			return false
		}
		e, ok := k.Exit(call)
		return ok && !e.OnError
	case *ast.BlockStmt:
		return k.anyExits(s.List)
	case *ast.LabeledStmt:
		return k.Exits(s.Stmt)
	case *ast.IfStmt:
		return s.Else != nil && k.Exits(s.Body) && k.Exits(s.Else)
	case *ast.SwitchStmt:
		return k.clausesExit(s.Body, true)
	case *ast.TypeSwitchStmt:
		return k.clausesExit(s.Body, true)
	case *ast.SelectStmt:
		return len(s.Body.List) > 0 && k.clausesExit(s.Body, false)
	}
	return false
}

func (k *Knowledge) anyExits(list []ast.Stmt) bool {
	for _, s := range list {
		if k.Exits(s) {
			return true
		}
	}
	return false
}

func (k *Knowledge) clausesExit(body *ast.BlockStmt, needDefault bool) bool {
	hasDefault := false
	for _, c := range body.List {
		var list []ast.Stmt
		switch c := c.(type) {
		case *ast.CaseClause:
			list, hasDefault = c.Body, hasDefault || c.List == nil
		case *ast.CommClause:
			list = c.Body
		}
		if !k.anyExits(list) {
			return false
		}
	}
	return hasDefault || !needDefault
}

// Ends reports whether a function is known to end the process.
func (k *Knowledge) Ends(fn *types.Func) bool {
	_, ok := k.exits[fn.Origin()]
	return ok
}

// Name is what messages call a call: the function as the code names it, without what
// leads to it if that is long.
func Name(call *ast.CallExpr) string {
	name := types.ExprString(call.Fun)
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && len(name) > 40 {
		return "…." + sel.Sel.Name
	}
	return name
}
