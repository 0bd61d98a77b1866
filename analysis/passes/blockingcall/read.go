// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// messages are the methods that wait for the next message of the other end of a websocket.
var messages = []string{
	"(*github.com/gorilla/websocket.Conn).ReadMessage", "(*github.com/gorilla/websocket.Conn).ReadJSON", "(*github.com/gorilla/websocket.Conn).NextReader",
}

// readsMessage returns the context that a call could end with that waits for a message of a
// websocket: nothing in its file closes the connection when that is done, or sets a deadline.
func readsMessage(pass *check.Pass, cur, fn inspector.Cursor, name string) string {
	if !slices.Contains(messages, name) || nearby(cur, []string{"SetReadDeadline", "SetDeadline", "Done", "AfterFunc", "NetConn", "UnderlyingConn"}) {
		return ""
	}
	if _, ok := fn.Node().(*ast.FuncDecl); !ok {
		return ""
	}
	ctx := contextParam(pass, fn)
	if ctx == "" || ctx[len(ctx)-1] == ')' {
		return ""
	}
	return ctx
}

// dialled are the functions of packages that come with Go that make a connection within a limit of time that does not hold
// for what is read from it.
var dialled = []string{"net.DialTimeout", "(*net.Dialer).Dial", "(*net.Dialer).DialContext", "crypto/tls.DialWithDialer"}

// readsUnlimited reports whether a call waits for the answer of a peer that its function has
// connected to, and neither the function nor what it gives the connection to can limit that.
func readsUnlimited(pass *check.Pass, cur, fn inspector.Cursor) bool {
	n := cur.Node().(*ast.CallExpr)
	decl, ok := fn.Node().(*ast.FuncDecl)
	if !ok || !code.Imports(pass.Pkg, "net") || ofExamples(pass.Pkg) || ofCommands(pass.Pkg) {
		return false
	}
	conn := readFrom(pass, fn, n)
	if conn == nil || conn.Pos() < decl.Body.Pos() || conn.Pos() > decl.Body.End() {
		return false
	}
	if setsDeadline(decl) || mentionsIn(fn, "Done") || mentionsIn(fn, "AfterFunc") {
		return false
	}
	return connected(pass, fn, conn) && staysHere(pass, fn, conn)
}

// readFrom returns the variable of the connection that a call reads from, or that what it
// reads from was made of.
func readFrom(pass *check.Pass, fn inspector.Cursor, n *ast.CallExpr) *types.Var {
	var from ast.Expr
	if i, ok := readers[code.Callee(pass.TypesInfo, n)]; ok && i < len(n.Args) {
		from = n.Args[i]
	} else if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && slices.Contains(readMethods, sel.Sel.Name) {
		from = sel.X
	}
	if call, ok := ast.Unparen(from).(*ast.CallExpr); ok && code.IsCall(pass.TypesInfo, call, wrappers...) {
		from = call.Args[0]
	}
	v, _ := code.ObjectOf(pass.TypesInfo, from).(*types.Var)
	return ofConn(pass, fn, v)
}

// ofConn returns the connection that a variable is, or is made of.
func ofConn(pass *check.Pass, fn inspector.Cursor, v *types.Var) *types.Var {
	if v == nil || v.IsField() {
		return nil
	}
	if isConn(v.Type()) {
		return v
	}
	for cur := range fn.Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil)) {
		for value := range values(pass.TypesInfo, cur.Node(), v) {
			call, ok := ast.Unparen(value).(*ast.CallExpr)
			if !ok || !code.IsCall(pass.TypesInfo, call, wrappers...) {
				return nil
			}
			conn, _ := code.ObjectOf(pass.TypesInfo, call.Args[0]).(*types.Var)
			if conn == nil || !isConn(conn.Type()) {
				return nil
			}
			return conn
		}
	}
	return nil
}

func isConn(t types.Type) bool {
	return code.IsNamed(t, "net.Conn") || code.IsNamed(t, "crypto/tls.Conn") || code.IsNamed(t, "net.TCPConn")
}

// connected reports whether a variable has nothing but connections that its function makes to
// other machines.
func connected(pass *check.Pass, fn inspector.Cursor, conn *types.Var) (found bool) {
	for cur := range fn.Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil)) {
		for value := range values(pass.TypesInfo, cur.Node(), conn) {
			call, ok := ast.Unparen(value).(*ast.CallExpr)
			if !ok || onMachine(pass, call) || !dials(pass, call) && !secures(pass, fn, call) {
				return false
			}
			found = true
		}
	}
	return found
}

// dials reports whether a call makes a connection over TCP within a limit of time that ends
// with the dial: a function of net, or one that is named so and takes a duration.
func dials(pass *check.Pass, call *ast.CallExpr) bool {
	if code.IsCall(pass.TypesInfo, call, dialled...) {
		return !overUDP(pass, call)
	}
	fn, ok := typeutil.Callee(pass.TypesInfo, call).(*types.Func)
	if !ok || !strings.HasPrefix(strings.ToLower(fn.Name()), "dial") || !takesTime(fn.Signature()) || connectionless(pass, call) {
		return false
	}
	decl, ok := declarationOf(pass, fn)
	return !ok || !setsDeadline(decl.Node())
}

// secures reports whether a call makes a connection of TLS of one that its function makes to
// another machine.
func secures(pass *check.Pass, fn inspector.Cursor, call *ast.CallExpr) bool {
	if !code.IsCall(pass.TypesInfo, call, "crypto/tls.Client") {
		return false
	}
	conn, ok := code.ObjectOf(pass.TypesInfo, call.Args[0]).(*types.Var)
	return ok && code.ContainsPos(fn.Node(), conn.Pos()) && connected(pass, fn, conn) && staysHere(pass, fn, conn)
}

// overUDP reports whether a network of a dial may be another than TCP.
func overUDP(pass *check.Pass, call *ast.CallExpr) bool {
	for _, arg := range call.Args {
		if s, ok := text(pass, arg); ok && len(s) >= 3 && s[:3] == "tcp" {
			return false
		}
	}
	return true
}

// writers write to a connection, or make something that does.
var writers = []string{"bufio.NewWriter", "fmt.Fprintf", "fmt.Fprint", "fmt.Fprintln", "io.WriteString", "encoding/binary.Write", "encoding/json.NewEncoder", "crypto/tls.Client"}

// staysHere reports whether a connection is given to nobody but what reads and writes.
func staysHere(pass *check.Pass, fn inspector.Cursor, conn *types.Var) bool {
	for id := range fn.Preorder((*ast.Ident)(nil)) {
		if pass.TypesInfo.Uses[id.Node().(*ast.Ident)] != conn {
			continue
		}
		switch kind := id.ParentEdgeKind(); kind {
		case edge.SelectorExpr_X, edge.AssignStmt_Lhs, edge.BinaryExpr_X:
		case edge.CallExpr_Args:
			call := id.Parent().Node().(*ast.CallExpr)
			if _, reads := readers[code.Callee(pass.TypesInfo, call)]; !reads && !code.IsCall(pass.TypesInfo, call, wrappers...) && !code.IsCall(pass.TypesInfo, call, writers...) {
				return false
			}
		default:
			return false
		}
	}
	return true
}
