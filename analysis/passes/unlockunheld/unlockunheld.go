// SPDX-License-Identifier: Apache-2.0

package unlockunheld

import (
	"cmp"
	_ "embed"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

//go:embed doc.go
var doc string

// Analyzer reports the unlock of a mutex that the path does not hold.
var Analyzer = check.New(doc, run)

// A call locks or unlocks a mutex.
type call struct {
	name   string // "Lock", "RUnlock"
	at     inspector.Cursor
	place  flow.Place
	text   string
	defers bool
	step   *flow.Step
}

func (c *call) unlocks() bool { return strings.HasSuffix(c.name, "Unlock") }
func (c *call) reads() bool   { return c.name[0] == 'R' }

func run(pass *check.Pass) (any, error) {
	if !code.Imports(pass.Pkg, "sync") {
		return nil, nil
	}
	fns := functions{}
	for cur := range pass.Inspect.Root().Preorder((*ast.CallExpr)(nil)) {
		if c := callOf(pass.TypesInfo, cur); c != nil && !code.IsTest(pass.Fset, cur.Node().Pos()) {
			fns.add(code.Function(cur), c)
		}
	}
	for _, f := range flow.InOrder(fns) {
		fns.hoist(f)
	}
	lockers := fns.lockers(pass.TypesInfo)
	for _, f := range flow.InOrder(fns) {
		checkFunc(pass, f, fns[f], lockers)
	}
	return nil, nil
}

// functions has the calls in each function, by mutex.
type functions map[inspector.Cursor]map[flow.Place][]*call

func (fns functions) add(f inspector.Cursor, c *call) {
	if fns[f] == nil {
		fns[f] = map[flow.Place][]*call{}
	}
	fns[f][c.place] = append(fns[f][c.place], c)
}

// hoist gives the unlock that a deferred literal does in any case to its outer function,
// unless the literal locks as well.
func (fns functions) hoist(f inspector.Cursor) {
	if f.ParentEdgeKind() != edge.CallExpr_Fun || f.Parent().ParentEdgeKind() != edge.DeferStmt_Call {
		return
	}
	for _, calls := range fns[f] {
		if len(calls) != 1 || !calls[0].unlocks() || flow.Conditional(flow.Outwards(calls[0].at), f.Node(), nil) {
			continue
		}
		c := *calls[0]
		c.at, c.defers = f.Parent(), true
		fns.add(code.Function(f.Parent()), &c)
	}
}

// lockers returns the functions that may leave a mutex locked.
func (fns functions) lockers(info *types.Info) map[types.Object]bool {
	out := map[types.Object]bool{}
	for f, places := range fns {
		decl, ok := f.Node().(*ast.FuncDecl)
		if !ok {
			continue
		}
		for _, calls := range places {
			if balance(calls) > 0 || !calls[len(calls)-1].unlocks() {
				out[info.Defs[decl.Name]] = true
			}
		}
	}
	return out
}

// balance is how many locks more there are than unlocks.
func balance(calls []*call) int {
	n := 0
	for _, c := range calls {
		if c.unlocks() {
			n--
		} else {
			n++
		}
	}
	return n
}

// callOf returns the call of a method of a mutex of sync, nil for other calls.
func callOf(info *types.Info, cur inspector.Cursor) *call {
	n := cur.Node().(*ast.CallExpr)
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok || !strings.HasSuffix(sel.Sel.Name, "ock") {
		return nil
	}
	switch code.Callee(info, n) {
	case "(*sync.Mutex).Lock", "(*sync.Mutex).Unlock", "(*sync.RWMutex).Lock", "(*sync.RWMutex).Unlock",
		"(*sync.RWMutex).RLock", "(*sync.RWMutex).RUnlock",
		"(*sync.Mutex).TryLock", "(*sync.RWMutex).TryLock", "(*sync.RWMutex).TryRLock":
	default:
		return nil
	}
	place, ok := flow.PlaceOf(info, sel.X)
	if !ok {
		return nil
	}
	return &call{name: sel.Sel.Name, at: cur, place: place, text: types.ExprString(sel.X), defers: cur.ParentEdgeKind() == edge.DeferStmt_Call}
}

func checkFunc(pass *check.Pass, f inspector.Cursor, places map[flow.Place][]*call, lockers map[types.Object]bool) {
	var g *flow.Graph
	for _, place := range inOrder(places) {
		calls := places[place]
		if !suspicious(calls) {
			continue
		}
		if g == nil {
			if g = flow.Of(pass.TypesInfo, code.Body(f.Node())); g == nil {
				return
			}
		}
		for _, c := range calls {
			c.step = g.At(c.at.Node().Pos())
		}
		m := &mutex{pass: pass, g: g, place: place, calls: calls, lockers: lockers}
		m.check()
	}
}

// inOrder returns the mutexes of a function by their first calls.
func inOrder(places map[flow.Place][]*call) []flow.Place {
	first := func(p flow.Place) int32 { return places[p][0].at.Index() }
	return slices.SortedFunc(maps.Keys(places), func(a, b flow.Place) int { return cmp.Compare(first(a), first(b)) })
}

// suspicious reports whether a function unlocks more often than once, or by the wrong
// method, and locks at all: one that only unlocks does so for its caller.
func suspicious(calls []*call) bool {
	count := tally(calls)
	if count["TryLock"]+count["TryRLock"] > 0 {
		return false
	}
	return count["Unlock"] > 1 || count["RUnlock"] > 1 || wrongPair(count) || slices.ContainsFunc(calls, inLoop)
}

func inLoop(c *call) bool {
	return c.unlocks() && slices.ContainsFunc(flow.Outwards(c.at), flow.IsLoop)
}

func tally(calls []*call) map[string]int {
	count := map[string]int{}
	for _, c := range calls {
		count[c.name]++
	}
	return count
}

func wrongPair(count map[string]int) bool {
	onlyRead := count["RLock"] > 0 && count["RUnlock"] == 0 && count["Lock"] == 0 && count["Unlock"] > 0
	onlyWrite := count["Lock"] > 0 && count["Unlock"] == 0 && count["RLock"] == 0 && count["RUnlock"] > 0
	return onlyRead || onlyWrite
}

// A mutex is one of a function's, with what the function does to it.
type mutex struct {
	pass  *check.Pass
	g     *flow.Graph
	place flow.Place
	calls []*call

	lockers map[types.Object]bool
}

func (m *mutex) check() {
	for _, c := range m.calls {
		if c.unlocks() && c.step != nil {
			m.again(c)
		}
	}
	if !wrongPair(tally(m.calls)) {
		return
	}
	for _, c := range m.calls {
		if lock := m.wrongLock(c); lock != nil {
			m.pass.Reportf(c.at.Node(), "%s.%s, but line %d has locked it by %s: the process ends with \"fatal error\"", c.text, c.name, m.line(lock), lock.name)
		}
	}
}

// wrongLock returns the lock of the other kind that an unlock comes after.
func (m *mutex) wrongLock(unlock *call) *call {
	for _, c := range m.calls {
		if !c.unlocks() && unlock.unlocks() && c.step != nil &&
			m.g.Find(c.step, never, func(s *flow.Step) bool { return s == unlock.step }) != nil {
			return c
		}
	}
	return nil
}

// again reports an unlock that comes after first with no lock between.
func (m *mutex) again(first *call) {
	if first.reads() && m.nested() {
		return
	}
	if first.defers {
		m.deferred(first)
		return
	}
	for _, second := range m.calls {
		if second.defers || second.name != first.name || second.step == nil {
			continue
		}
		if !m.g.Leads(m.pass.TypesInfo, first.at, second.at, m.relocks(first)) {
			continue
		}
		if second == first && !m.locksBefore(first) {
			continue
		}
		m.pass.Reportf(second.at.Node(), "%s.%s again: line %d has unlocked it on this path, and the process ends with \"fatal error: sync: unlock of unlocked mutex\"",
			second.text, second.name, m.line(first))
		return
	}
}

// deferred reports an unlock that leaves nothing to the deferred one.
func (m *mutex) deferred(last *call) {
	for _, c := range m.calls {
		if !c.unlocks() || c.defers || c.step == nil || c.name != last.name || !flow.Certain(m.pass.TypesInfo, c.at, last.at) {
			continue
		}
		if m.g.Find(last.step, never, func(s *flow.Step) bool { return s == c.step }) == nil {
			continue
		}
		if m.g.Find(c.step, m.relocks(c), func(s *flow.Step) bool { return s == m.g.Exit }) != nil {
			m.pass.Reportf(c.at.Node(), "%s.%s here and again by the defer of line %d: the process ends with \"fatal error: sync: unlock of unlocked mutex\"",
				c.text, c.name, m.line(last))
		}
	}
}

func never(*flow.Step) bool { return false }

func (m *mutex) line(c *call) int { return m.pass.Fset.Position(c.at.Node().Pos()).Line }

// relocks returns whether a step ends what is known after an unlock: it locks, or it may.
func (m *mutex) relocks(c *call) func(*flow.Step) bool {
	return func(s *flow.Step) bool {
		for _, other := range m.calls {
			if other.step == s && !other.unlocks() && other.reads() == c.reads() {
				return true
			}
		}
		return m.place.Sets(m.pass.TypesInfo, s) || flow.Has(s, m.mayLock)
	}
}

// mayLock reports whether a node calls a function that may leave the mutex locked: one
// of the package that does so with any, one with a name that says so, or an unknown one.
func (m *mutex) mayLock(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok || m.pass.TypesInfo.Types[call.Fun].IsType() || isMutexCall(m.pass.TypesInfo, call) {
		return false
	}
	fn := typeutil.Callee(m.pass.TypesInfo, call)
	return fn == nil || m.lockers[fn] || strings.Contains(strings.ToLower(fn.Name()), "lock")
}

func isMutexCall(info *types.Info, call *ast.CallExpr) bool {
	return strings.HasPrefix(code.Callee(info, call), "(*sync.")
}

// locksBefore reports whether the function locks the mutex at all.
func (m *mutex) locksBefore(c *call) bool {
	for _, other := range m.calls {
		if !other.unlocks() && other.reads() == c.reads() {
			return true
		}
	}
	return false
}

// nested reports whether a read lock may be held twice.
func (m *mutex) nested() bool {
	for _, a := range m.calls {
		if a.name != "RLock" || a.step == nil {
			continue
		}
		unlocked := func(s *flow.Step) bool {
			for _, c := range m.calls {
				if c.step == s && c.name == "RUnlock" && !c.defers {
					return true
				}
			}
			return false
		}
		if m.g.Find(a.step, unlocked, func(s *flow.Step) bool {
			for _, c := range m.calls {
				if c.step == s && c.name == "RLock" {
					return true
				}
			}
			return false
		}) != nil {
			return true
		}
	}
	return false
}
