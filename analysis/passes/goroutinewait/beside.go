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

// beside reports goroutines of an object that are started beside others which its WaitGroup
// counts, and are not counted themselves: who stops the object waits for the group, and
// these go on with it.
func (f *finder) beside() {
	stops := f.groupStops()
	if len(stops) == 0 {
		return
	}
	for _, start := range f.chans.Funcs.Starts {
		if _, ok := start.Go.Node().(*ast.GoStmt); !ok || start.Within.Valid() || code.IsTest(f.Fset, start.Go.Node().Pos()) {
			continue
		}
		s := stops[f.object(start.Go)]
		if s == nil || f.unheard[start.Go] || start.Body == s.decl || f.reaches(s.decl, start.Go) || f.tells(start) || f.waitsForGroup(start) || f.callsBack(start, s) || !f.worksOn(start) {
			continue
		}
		f.Reportf(start.Go.Node(), "%s waits for a WaitGroup that does not count this goroutine, which goes on with the object",
			s.decl.Node().(*ast.FuncDecl).Name.Name)
	}
}

// groupStops returns the methods that stop an object and wait for a WaitGroup of it which
// counts goroutines, by the type of the object.
func (f *finder) groupStops() map[*types.TypeName]*stop {
	out := map[*types.TypeName]*stop{}
	counted := f.countedGroups()
	if len(counted) == 0 {
		return out
	}
	for cur := range f.Inspect.Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		if decl.Recv == nil || decl.Body == nil || !stopsAll(decl.Name.Name) || code.IsTest(f.Fset, decl.Pos()) {
			continue
		}
		s := &stop{decl: cur}
		for _, r := range f.reach(cur) {
			if r.call.Valid() && !f.ofObject(s, r.fn) {
				continue
			}
			for c := range own(r.fn, (*ast.CallExpr)(nil)) {
				if group := f.groupField(c.Node(), "(*sync.WaitGroup).Wait"); counted[group] && ownField(receiver(f.TypesInfo, decl), group) {
					out[receiver(f.TypesInfo, decl)] = s
				}
			}
		}
	}
	return out
}

// stopsAll reports whether a method stops its object as a whole, by its name, and not a part
// of it.
func stopsAll(name string) bool {
	switch strings.TrimPrefix(strings.ToLower(name), "must") {
	case "stop", "close", "shutdown", "terminate", "teardown", "destroy", "halt", "stopandwait", "closeandwait", "gracefulstop":
		return true
	}
	return false
}

// countedGroups returns the fields of the WaitGroups that a goroutine counts down.
func (f *finder) countedGroups() map[*types.Var]bool {
	out := map[*types.Var]bool{}
	for _, start := range f.chans.Funcs.Starts {
		for _, r := range f.reach(start.Body) {
			for cur := range own(r.fn, (*ast.CallExpr)(nil)) {
				if group := f.groupField(cur.Node(), "(*sync.WaitGroup).Done"); group != nil {
					out[group] = true
				}
			}
		}
	}
	return out
}

// groupField returns the field of the WaitGroup that a call of a method is of.
func (f *finder) groupField(n ast.Node, method string) *types.Var {
	if !code.IsCall(f.TypesInfo, n, method) {
		return nil
	}
	return fieldOf(f.TypesInfo, code.Receiver(n.(*ast.CallExpr)))
}

// ownField reports whether a type is a struct with a field.
func ownField(t *types.TypeName, field *types.Var) bool {
	if t == nil {
		return false
	}
	s, ok := t.Type().Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for v := range s.Fields() {
		if v.Origin() == field {
			return true
		}
	}
	return false
}

// object returns the type of the object in whose method a place is, or in the function that
// makes it.
func (f *finder) object(at inspector.Cursor) *types.TypeName {
	decl := code.Declaration(at)
	if !decl.Valid() {
		return nil
	}
	n := decl.Node().(*ast.FuncDecl)
	if n.Recv != nil {
		return receiver(f.TypesInfo, n)
	}
	if n.Type.Results.NumFields() == 0 {
		return nil
	}
	if t := named(typeOf(f.TypesInfo, n.Type.Results.List[0].Type)); t != nil && t.Obj().Pkg() == f.Pkg {
		return t.Origin().Obj()
	}
	return nil
}

// reaches reports whether a function comes to a place.
func (f *finder) reaches(fn, at inspector.Cursor) bool {
	for _, r := range f.reach(fn) {
		if r.fn.Contains(at) {
			return true
		}
	}
	return false
}

// waitsForGroup reports whether a goroutine waits for others: it is no worker.
func (f *finder) waitsForGroup(start chans.Start) bool {
	for _, r := range f.reach(start.Body) {
		for cur := range own(r.fn, (*ast.CallExpr)(nil)) {
			if code.IsCall(f.TypesInfo, cur.Node(), "(*sync.WaitGroup).Wait") {
				return true
			}
		}
	}
	return false
}

// worksOn reports whether a goroutine has a loop without a bound, or serves a connection, and
// calls methods of its object from then on.
func (f *finder) worksOn(start chans.Start) bool {
	object := f.object(start.Go)
	loops := f.accepts(start.Go)
	for _, r := range f.reach(start.Body) {
		for cur := range own(r.fn, (*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
			loops = loops || f.unbounded(cur.Node())
		}
	}
	if !loops {
		return false
	}
	for _, r := range f.reach(start.Body) {
		for cur := range own(r.fn, (*ast.CallExpr)(nil)) {
			fn, ok := code.ObjectOf(f.TypesInfo, cur.Node().(*ast.CallExpr).Fun).(*types.Func)
			if !ok || fn.Signature().Recv() == nil || !isLate(cur, r.fn) {
				continue
			}
			if n := named(fn.Signature().Recv().Type()); n != nil && n.Origin().Obj() == object {
				return true
			}
		}
	}
	return false
}

// accepts reports whether a go statement is in a loop that accepts connections.
func (f *finder) accepts(start inspector.Cursor) bool {
	loop, ok := code.Loop(start)
	if !ok || !f.unbounded(loop.Node()) {
		return false
	}
	for cur := range own(loop, (*ast.CallExpr)(nil)) {
		if strings.HasPrefix(code.CallName(cur.Node().(*ast.CallExpr)), "accept") {
			return true
		}
	}
	return false
}

// unbounded reports whether a loop goes on until something ends it: one without a condition
// or counter, one over a channel, or one that asks for what comes next.
func (f *finder) unbounded(loop ast.Node) bool {
	switch n := loop.(type) {
	case *ast.ForStmt:
		if call, ok := n.Cond.(*ast.CallExpr); ok {
			name := code.CallName(call)
			return name == "scan" || strings.HasPrefix(name, "next")
		}
		return n.Cond == nil && n.Post == nil
	case *ast.RangeStmt:
		return code.IsChan(typeOf(f.TypesInfo, n.X))
	}
	return false
}

// named returns the type that t is, or points to, if it has a name.
func named(t types.Type) *types.Named {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, _ := types.Unalias(t).(*types.Named)
	return n
}
