// SPDX-License-Identifier: Apache-2.0

package goroutinestop

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// pipes reports goroutines that write to a pipe of their function whose read side nothing
// closes, nor could: a reader that leaves early leaves them behind. In a program, the
// process ends them.
func (f *finder) pipes() {
	if code.IsMain(f.Pass.Pass) {
		return
	}
	for cur := range f.Inspect.Root().Preorder((*ast.AssignStmt)(nil)) {
		s := cur.Node().(*ast.AssignStmt)
		if len(s.Lhs) != 2 || !code.IsCall(f.TypesInfo, s.Rhs[0], "io.Pipe") || code.IsTest(f.Fset, s.Pos()) {
			continue
		}
		fn := code.Function(cur)
		in, out := f.local(fn, s.Lhs[0]), f.local(fn, s.Lhs[1])
		if in == nil || out == nil || !f.hidden(fn, in) {
			continue
		}
		if writer := f.writer(fn, out); writer.Valid() {
			f.Reportf(writer.Node(), "the goroutine cannot be stopped: it writes to a pipe, and waits for ever if who reads %s stops early, as nothing closes that", in.Name())
		}
	}
}

// local returns the variable of a function that an expression names, nil if it is another.
func (f *finder) local(fn inspector.Cursor, e ast.Expr) *types.Var {
	v, ok := code.ObjectOf(f.TypesInfo, e).(*types.Var)
	if !ok || !fn.Valid() || v.IsField() || !code.ContainsPos(code.Body(fn.Node()), v.Pos()) {
		return nil
	}
	return v
}

// uses returns where a function names a variable, but for its definition.
func (f *finder) uses(fn inspector.Cursor, v *types.Var) (out []inspector.Cursor) {
	for cur := range fn.Preorder((*ast.Ident)(nil)) {
		if f.TypesInfo.Uses[cur.Node().(*ast.Ident)] == v {
			out = append(out, cur)
		}
	}
	return out
}

// hidden reports whether the read side of a pipe is only given to what cannot close it, and
// does not read to its end in any case.
func (f *finder) hidden(fn inspector.Cursor, in *types.Var) bool {
	uses := f.uses(fn, in)
	for _, cur := range uses {
		call, ok := cur.Parent().Node().(*ast.CallExpr)
		if !ok || cur.ParentEdgeKind() != edge.CallExpr_Args {
			return false
		}
		switch {
		case code.IsCall(f.TypesInfo, call, "io.NopCloser", "io/ioutil.NopCloser"):
		case code.IsCall(f.TypesInfo, call, "io.Copy", "io.CopyBuffer"):
			if f.takesAll(call.Args[0]) {
				return false
			}
		default:
			return false
		}
	}
	return len(uses) > 0
}

// takesAll reports whether a write to something does not fail: a buffer or a hash.
func (f *finder) takesAll(e ast.Expr) bool {
	t := f.TypesInfo.TypeOf(e)
	obj := code.ObjectOf(f.TypesInfo, e)
	if t == nil || obj != nil && obj.Name() == "Discard" {
		return true
	}
	return code.IsNamed(t, "bytes.Buffer") || code.IsNamed(t, "strings.Builder") || hasMethods(t, "Sum", "Write")
}

// writer returns the only go statement that has the write side of a pipe, if it does more
// than to close it, and nobody else has it.
func (f *finder) writer(fn inspector.Cursor, out *types.Var) (writer inspector.Cursor) {
	writes := false
	for _, cur := range f.uses(fn, out) {
		start := startOf(cur, fn)
		if !start.Valid() { // it may be closed there, unless it is only wrapped
			if f.written(fn, cur) {
				continue
			}
			return inspector.Cursor{}
		}
		if writer.Valid() && writer != start {
			return inspector.Cursor{}
		}
		writer = start
		writes = writes || cur.ParentEdgeKind() != edge.SelectorExpr_X
	}
	if !writer.Valid() || !writes && !f.wrapped(fn, writer, out) {
		return inspector.Cursor{}
	}
	return writer
}

// startOf returns the go statement of a function that a place is in.
func startOf(at, fn inspector.Cursor) inspector.Cursor {
	for c := range at.Enclosing((*ast.GoStmt)(nil)) {
		if code.Function(c) == fn {
			return c
		}
	}
	return inspector.Cursor{}
}

// wrappers are the functions whose result writes to their argument and cannot close it.
var wrappers = []string{
	"mime/multipart.NewWriter", "bufio.NewWriter", "encoding/json.NewEncoder", "encoding/csv.NewWriter",
	"compress/gzip.NewWriter", "archive/tar.NewWriter", "archive/zip.NewWriter",
}

// written reports whether a use of the write side is the argument of one of the wrappers.
func (f *finder) written(fn, use inspector.Cursor) bool {
	return use.ParentEdgeKind() == edge.CallExpr_Args && code.IsCall(f.TypesInfo, use.Parent().Node(), wrappers...)
}

// wrapped reports whether a goroutine uses what one of the wrappers has made of a pipe.
func (f *finder) wrapped(fn, start inspector.Cursor, out *types.Var) bool {
	for _, use := range f.uses(fn, out) {
		if !f.written(fn, use) {
			continue
		}
		s, ok := use.Parent().Parent().Node().(*ast.AssignStmt)
		if !ok {
			continue
		}
		if w := f.local(fn, s.Lhs[0]); w != nil && code.Mentions(f.TypesInfo, start.Node(), w) {
			return true
		}
	}
	return false
}
