// SPDX-License-Identifier: Apache-2.0

package goroutinewait

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/chans"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A groupStop is a function or method that stops something, waits for a WaitGroup, and then
// closes what others use.
type groupStop struct {
	decl   inspector.Cursor
	closed []*types.Var // the fields and package variables that it closes after the wait
}

// closedAfterWait reports goroutines that use what a stop closes after it has waited for
// those that a WaitGroup counts, where that does not count them.
func (f *finder) closedAfterWait() {
	var stops []*groupStop
	for cur := range f.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Body == nil || !endsServer(decl.Name.Name) || code.IsTest(f.Fset, decl.Pos()) {
			continue
		}
		if s := f.groupStop(cur); len(s.closed) > 0 {
			stops = append(stops, s)
		}
	}
	for _, s := range stops {
		for _, start := range f.chans.Funcs.Starts {
			if _, ok := start.Go.Node().(*ast.GoStmt); !ok || f.unheard[start.Go] || code.IsTest(f.Fset, start.Go.Node().Pos()) || f.reaches(s.decl, start.Go) || f.tells(start) {
				continue
			}
			for _, v := range s.closed {
				if f.usesHeld(start, v) {
					f.unheard[start.Go] = true
					f.Reportf(start.Go.Node(), "%s waits for a WaitGroup that does not count this goroutine, and then closes %s, which it uses",
						s.decl.Node().(*ast.FuncDecl).Name.Name, v.Name())
					break
				}
			}
		}
	}
}

// groupStop returns what a function closes after it has waited for a WaitGroup.
func (f *finder) groupStop(decl inspector.Cursor) *groupStop {
	s, waited := &groupStop{decl: decl}, false
	for cur := range own(decl, (*ast.CallExpr)(nil)) {
		call := cur.Node().(*ast.CallExpr)
		x := code.Receiver(call)
		if x == nil {
			continue
		}
		v := f.held(cur, x)
		switch name := code.CallName(call); {
		case v == nil:
		case strings.HasPrefix(name, "wait"):
			waited = waited || strings.HasSuffix(strings.TrimSuffix(typeOf(f.TypesInfo, x).String(), "]"), "WaitGroup")
		case waited && endsServer(name) && f.breaks(v.Type(), 2):
			s.closed = append(s.closed, v)
		}
	}
	return s
}

// usesHeld reports whether a goroutine calls a method of what a field of its object, or a
// package variable, has, without a lock.
func (f *finder) usesHeld(start chans.Start, v *types.Var) bool {
	if v.IsField() {
		return ownField(f.object(start.Go), v) && f.uses(start.Body, v, false, true) && !f.locks(start.Body)
	}
	for _, r := range f.reach(start.Body) {
		for cur := range own(r.fn, (*ast.CallExpr)(nil)) {
			if x := code.Receiver(cur.Node().(*ast.CallExpr)); x != nil && code.ObjectOf(f.TypesInfo, x) == types.Object(v) {
				return !f.locks(start.Body)
			}
		}
	}
	return false
}
