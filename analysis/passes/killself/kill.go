// SPDX-License-Identifier: Apache-2.0

package killself

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strings"
	"syscall"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// kills returns the signal that a call sends to its own process.
func (t test) kills(call *ast.CallExpr) (syscall.Signal, bool) {
	switch code.Callee(t.pass.TypesInfo, call) {
	case "syscall.Kill", "golang.org/x/sys/unix.Kill":
		if len(call.Args) == 2 && t.own(call.Args[0]) {
			return t.signal(call.Args[1])
		}
	case "(*os.Process).Signal":
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if ok && len(call.Args) == 1 && t.ownProcess(sel.X) {
			return t.signal(call.Args[0])
		}
	case "(*os.Process).Kill":
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		return syscall.SIGKILL, ok && t.ownProcess(sel.X)
	}
	return 0, false
}

// signal returns the signal that an expression names.
func (t test) signal(e ast.Expr) (syscall.Signal, bool) {
	if v, ok := code.ObjectOf(t.pass.TypesInfo, e).(*types.Var); ok && v.Pkg() != nil && v.Pkg().Path() == "os" {
		switch v.Name() {
		case "Interrupt":
			return syscall.SIGINT, true
		case "Kill":
			return syscall.SIGKILL, true
		}
	}
	tv := t.pass.TypesInfo.Types[e]
	if tv.Value == nil {
		return 0, false
	}
	n, ok := constant.Int64Val(constant.ToInt(tv.Value))
	return syscall.Signal(n), ok
}

// own reports whether an expression is the process's own id.
func (t test) own(e ast.Expr) bool {
	if code.IsCall(t.pass.TypesInfo, ast.Unparen(e), "os.Getpid", "syscall.Getpid", "golang.org/x/sys/unix.Getpid") {
		return true
	}
	return t.only(e, t.own)
}

func (t test) ownProcess(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if ok && code.IsCall(t.pass.TypesInfo, call, "os.FindProcess") {
		return t.own(call.Args[0])
	}
	return !ok && t.only(e, t.ownProcess)
}

// only reports whether a variable of the test is set once, to something that is.
func (t test) only(e ast.Expr, is func(ast.Expr) bool) bool {
	v, ok := code.ObjectOf(t.pass.TypesInfo, e).(*types.Var)
	if !ok || v.Kind() != types.LocalVar {
		return false
	}
	sets, found := 0, false
	for cur := range t.at.Preorder((*ast.AssignStmt)(nil)) {
		assign := cur.Node().(*ast.AssignStmt)
		for i, lhs := range assign.Lhs {
			if code.ObjectOf(t.pass.TypesInfo, lhs) == v {
				sets++
				found = is(assign.Rhs[min(i, len(assign.Rhs)-1)])
			}
		}
	}
	return sets == 1 && found
}

// unknown reports whether a call may register signals for all that can be seen: of a
// function value, or of an interface that is not of the standard library.
func (t test) unknown(call *ast.CallExpr) bool {
	switch callee := typeutil.Callee(t.pass.TypesInfo, call).(type) {
	case *types.Func:
		recv := callee.Signature().Recv()
		return recv != nil && types.IsInterface(recv.Type()) && callee.Pkg() != nil && strings.Contains(callee.Pkg().Path(), ".")
	case *types.Builtin, *types.TypeName:
		return false
	}
	if t.pass.TypesInfo.Types[call.Fun].IsType() {
		return false
	}
	if _, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		return false
	}
	obj := code.ObjectOf(t.pass.TypesInfo, call.Fun)
	v, ok := obj.(*types.Var)
	return !ok || !t.harmless(v)
}

// harmless reports whether a function value is what ends a context.
func (t test) harmless(v *types.Var) bool {
	return code.IsNamed(v.Type(), "context.CancelFunc")
}
