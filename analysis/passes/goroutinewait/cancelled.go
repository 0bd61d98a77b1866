// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/exits"
	"github.com/go-quiesce/quiesce/analysis/internal/server"
)

// cleansAfterCancel reports a goroutine that takes a signal, cancels a context, and then
// cleans up without telling anybody: what waits for the context goes on at once, and the
// program may end before the clean-up.
func (f *finder) cleansAfterCancel(start chans.Start) {
	g, ok := start.Go.Node().(*ast.GoStmt)
	if !ok || !f.signalled(start.Body) {
		return
	}
	cancelled := token.NoPos
	for cur := range start.Body.Preorder((*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		if code.Function(cur) != start.Body {
			continue
		}
		switch {
		case code.IsNamed(typeOf(f.TypesInfo, call.Fun), "context.CancelFunc"):
			if v := code.ObjectOf(f.TypesInfo, call.Fun); v != nil && !code.ContainsPos(start.Body.Node(), v.Pos()) {
				cancelled = call.Pos()
			}
		case cancelled.IsValid() && f.cleans(call) && server.Unheard(f.TypesInfo, cur):
			f.Reportf(g, "nobody waits for %s in this goroutine: the cancel before it lets the rest of the program go on, and end first", exits.Name(call))
			return
		}
	}
}

// signalled reports whether a function receives signals.
func (f *finder) signalled(body inspector.Cursor) bool {
	for cur := range body.Preorder((*ast.UnaryExpr)(nil)) {
		u := cur.Node().(*ast.UnaryExpr)
		if u.Op != token.ARROW {
			continue
		}
		if ch, ok := typeOf(f.TypesInfo, u.X).Underlying().(*types.Chan); ok && code.IsNamed(ch.Elem(), "os.Signal") {
			return true
		}
	}
	return false
}

// cleans reports whether a call takes away what outlives the process.
func (f *finder) cleans(call *ast.CallExpr) bool {
	if code.IsCall(f.TypesInfo, call, "os.Remove", "os.RemoveAll", "syscall.Unmount", "golang.org/x/sys/unix.Unmount") {
		return true
	}
	name := types.ExprString(call.Fun)
	name = strings.ToLower(name[strings.LastIndex(name, ".")+1:])
	return strings.HasSuffix(name, "cleanup") || strings.HasPrefix(name, "cleanup") || strings.HasPrefix(name, "teardown")
}
