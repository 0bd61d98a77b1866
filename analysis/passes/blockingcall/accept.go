// SPDX-License-Identifier: Apache-2.0

package blockingcall

import (
	"go/ast"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// accepts are the calls that return the connection of a client that has sent nothing yet.
// What a listener of another package returns may have a deadline.
var accepts = []string{"(net.Listener).Accept", "(*net.TCPListener).Accept", "(*net.TCPListener).AcceptTCP"}

// reportAccepted reports what waits for a client that was just accepted, without a deadline:
// anything in the loop that accepts the others, and handshakes in a goroutine of their own.
func reportAccepted(pass *check.Pass) {
	var calls []inspector.Cursor
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if code.IsCall(pass.TypesInfo, cur.Node(), accepts...) && !code.IsTest(pass.Fset, cur.Node().Pos()) {
			calls = append(calls, cur)
		}
	}
	if len(calls) == 0 || ofExamples(pass.Pkg) || within(pass) || setsDeadlines(pass) {
		return
	}
	t := newTrail(pass, chans.FuncsOf(pass.Inspect.Root(), pass.TypesInfo))
	for _, cur := range calls {
		fn, ok := code.Enclosing(cur)
		if !ok {
			continue
		}
		t.accepting[fn.Node()] = true
		t.loops = append(t.loops, t.loopsOf(cur, fn)...)
	}
	for _, l := range t.loops {
		v := &visit{trail: t, fn: l.fn, places: map[flow.Place]bool{}, limited: new(bool), where: l.where}
		v.walk(l.body)
	}
}

// An acceptLoop is what is done for one client before the next is accepted.
type acceptLoop struct {
	fn    ast.Node // the function that it is in
	body  *ast.BlockStmt
	where string
}

// loopsOf returns the loops that a call of Accept is in, or those around the calls of its
// function. A method that is itself named so is called in a loop by whoever serves.
func (t *trail) loopsOf(accept, fn inspector.Cursor) (out []acceptLoop) {
	if l, ok := loopAround(accept, fn); ok {
		return []acceptLoop{l}
	}
	if decl, ok := fn.Node().(*ast.FuncDecl); ok && decl.Recv != nil && decl.Name.Name == "Accept" {
		return []acceptLoop{{fn.Node(), decl.Body, "Accept"}}
	}
	for _, call := range t.funcs.Calls(fn) {
		around, ok := code.Enclosing(call)
		if !ok || code.IsTest(t.Fset, call.Node().Pos()) {
			continue
		}
		if l, ok := loopAround(call, around); ok {
			out = append(out, l)
		}
	}
	return out
}

// loopAround returns the outermost loop of a function around a call, if it goes on after
// the first client.
func loopAround(call, fn inspector.Cursor) (acceptLoop, bool) {
	var body *ast.BlockStmt
	for at := call; ; {
		loop, ok := code.Loop(at)
		if !ok {
			break
		}
		body, at = code.LoopBody(loop.Node()), loop.Parent()
	}
	if body == nil || leaves(body) {
		return acceptLoop{}, false
	}
	return acceptLoop{fn.Node(), body, "the accept loop"}, true
}

// leaves reports whether the body of a loop ends in a return or break.
func leaves(body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return true
	}
	_, leaves := body.List[len(body.List)-1].(*ast.BranchStmt)
	return leaves || code.EndsInReturn(body.List)
}

// within reports whether the package listens, and only for clients on this machine.
func within(pass *check.Pass) bool {
	found := false
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if !code.IsCall(pass.TypesInfo, call, "net.Listen", "(*net.ListenConfig).Listen", "net.ListenUnix", "net.ListenTCP", "crypto/tls.Listen") || code.IsTest(pass.Fset, call.Pos()) {
			continue
		}
		if !onMachine(pass, call) {
			return false
		}
		found = true
	}
	return found
}

// setsDeadlines reports whether a listener of the package limits what it accepts: any
// listener may be that one.
func setsDeadlines(pass *check.Pass) bool {
	for cur := range pass.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Recv == nil || !strings.HasPrefix(decl.Name.Name, "Accept") || decl.Body == nil {
			continue
		}
		for id := range cur.Preorder((*ast.Ident)(nil)) {
			if limiting(id.Node().(*ast.Ident).Name) {
				return true
			}
		}
	}
	return false
}

// limiting reports whether something is named after a limit of time.
func limiting(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "timeout") || strings.Contains(name, "deadline") || strings.Contains(name, "idle")
}
