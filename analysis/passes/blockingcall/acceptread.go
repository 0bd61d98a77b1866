// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// readers are the functions that wait for what an argument of theirs reads, with its index.
var readers = map[string]int{
	"io.ReadFull": 0, "io.ReadAtLeast": 0, "io.ReadAll": 0, "io/ioutil.ReadAll": 0,
	"io.Copy": 1, "io.CopyN": 1, "io.CopyBuffer": 1,
	"encoding/binary.Read": 0, "fmt.Fscan": 0, "fmt.Fscanf": 0, "fmt.Fscanln": 0,
	"net/http.ReadRequest": 0,

	"github.com/pires/go-proxyproto.Read": 0,

	newServerConn: 0,
}

// newServerConn does the handshake of an SSH server. It has no time limit of its own.
const newServerConn = "golang.org/x/crypto/ssh.NewServerConn"

// readMethods are the methods of connections, and of what reads from them, that wait for
// the client.
var readMethods = []string{
	"Read", "ReadByte", "ReadBytes", "ReadString", "ReadLine", "ReadRune", "ReadSlice", "ReadMIMEHeader",
	"Peek", "Discard", "WriteTo", "Scan", "Decode", "Token", "Handshake",
}

// wrappers are the functions whose result reads from their first argument.
var wrappers = []string{
	"crypto/tls.Server",
	"bufio.NewReader", "bufio.NewReaderSize", "bufio.NewScanner", "bufio.NewReadWriter",
	"net/textproto.NewReader", "net/textproto.NewConn",
	"encoding/json.NewDecoder", "encoding/gob.NewDecoder", "encoding/xml.NewDecoder",
	"io.LimitReader", "io.TeeReader",
}

// waits reports whether a call waits for an accepted client. In a goroutine of its own only
// handshakes count: later, a client may well be silent for long.
func (v *visit) waits(call *ast.CallExpr) bool {
	name := code.Callee(v.TypesInfo, call)
	if i, ok := readers[name]; ok {
		return (!v.own || name == newServerConn) && i < len(call.Args) && v.reads(call.Args[i])
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || name == "" || !v.reads(sel.X) {
		return false
	}
	if sel.Sel.Name == "HandshakeContext" && len(call.Args) > 0 {
		return code.Endless(v.TypesInfo, call.Args[0], v.fn)
	}
	if v.own {
		return name == "(*crypto/tls.Conn).Handshake"
	}
	return slices.Contains(readMethods, sel.Sel.Name)
}

// reads reports whether an expression is a connection, or reads from one.
func (v *visit) reads(e ast.Expr) bool { return slices.Contains(v.value(e), "") }

// limits reports whether a call limits how long its connection, or what it returns for one,
// waits.
func (v *visit) limits(call *ast.CallExpr) bool {
	if code.IsCall(v.TypesInfo, call, "time.AfterFunc", "context.AfterFunc") {
		return v.closes(call)
	}
	name := code.CallName(call)
	switch {
	case !limiting(name), name == "setwritedeadline":
		return false
	case strings.HasPrefix(name, "set"):
		return len(call.Args) == 0 || !isZero(call.Args[0]) && !v.listens(call)
	}
	return v.touches(call)
}

// isZero reports whether an expression is time.Time{}, which takes a deadline away.
func isZero(e ast.Expr) bool {
	lit, ok := ast.Unparen(e).(*ast.CompositeLit)
	return ok && len(lit.Elts) == 0
}

// listens reports whether the method that is called is that of a listener.
func (v *visit) listens(call *ast.CallExpr) bool {
	recv := code.Receiver(call)
	if recv == nil || v.TypesInfo.TypeOf(recv) == nil {
		return false
	}
	obj, _, _ := types.LookupFieldOrMethod(v.TypesInfo.TypeOf(recv), true, v.Pkg, "Accept")
	return obj != nil
}

// closes reports whether a function literal in a node closes an accepted connection.
func (v *visit) closes(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && code.CallName(call) == "close" {
			recv := code.Receiver(call)
			found = found || recv != nil && v.reads(recv)
		}
		return !found
	})
	return found
}

// promoted reports whether what a type reads is what one of its embedded fields reads.
func (v *visit) promoted(t types.Type) bool {
	obj, index, _ := types.LookupFieldOrMethod(t, true, v.Pkg, "Read")
	_, isFunc := obj.(*types.Func)
	return isFunc && len(index) > 1
}

// inPackage reports whether a call is of a function of the package.
func (v *visit) inPackage(call *ast.CallExpr) bool {
	fn := typeutil.StaticCallee(v.TypesInfo, call)
	return fn != nil && fn.Pkg() == v.Pkg
}
