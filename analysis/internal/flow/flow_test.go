// SPDX-License-Identifier: Apache-2.0

package flow_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strconv"
	"testing"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/flow"
)

// source has functions that call at(n) at places of interest.
const source = `package p

func at(int) {}

func branch(b bool) {
	at(1)
	if b { at(2); return }
	at(3)
}

func loop(n int) {
	for i := 0; i < n; i++ {
		if i == 1 { continue }
		if i == 2 { break }
		at(1)
	}
	at(2)
}

func choose(a, b chan int) {
	select {
	case <-a: at(1)
	case <-b: at(2); return
	}
	at(3)
}

func endless(a chan int) {
outer:
	for {
		select {
		case <-a: break
		default: at(1); break outer
		}
		at(2)
	}
	at(3)
}

func cases(n int) {
	switch n {
	case 1: at(1); fallthrough
	case 2: at(2)
	default: panic(n)
	}
	at(3)
}

func each(xs []int) {
	for range xs { at(1) }
	at(2)
}

func jumps() {
again:
	at(1)
	goto again
}
`

// function is one of source, with the graph of it.
type function struct {
	graph *flow.Graph
	info  *types.Info
	at    map[int]inspector.Cursor
}

func functions(t *testing.T) map[string]*function {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	if _, err := (&types.Config{Importer: importer.Default()}).Check("p", fset, []*ast.File{f}, info); err != nil {
		t.Fatal(err)
	}
	out := map[string]*function{}
	for cur := range inspector.New([]*ast.File{f}).Root().Preorder((*ast.FuncDecl)(nil)) {
		decl := cur.Node().(*ast.FuncDecl)
		fn := &function{graph: flow.Of(info, decl.Body), info: info, at: map[int]inspector.Cursor{}}
		for c := range cur.Preorder((*ast.CallExpr)(nil)) {
			call := c.Node().(*ast.CallExpr)
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				n, _ := strconv.Atoi(lit.Value)
				fn.at[n] = c
			}
		}
		out[decl.Name.Name] = fn
	}
	return out
}

func never(*flow.Step) bool { return false }

func (f *function) reaches(from, to int) bool {
	goal := f.graph.At(f.at[to].Node().Pos())
	return f.graph.Find(f.graph.At(f.at[from].Node().Pos()), never, func(s *flow.Step) bool { return s == goal }) != nil
}

func TestFindFollowsControl(t *testing.T) {
	fns := functions(t)
	for _, c := range []struct {
		name     string
		from, to int
		want     bool
	}{
		{"branch", 1, 2, true},
		{"branch", 1, 3, true},
		{"branch", 2, 3, false},
		{"loop", 1, 1, true},
		{"loop", 1, 2, true},
		{"loop", 2, 1, false},
		{"choose", 1, 3, true},
		{"choose", 2, 3, false},
		{"choose", 1, 2, false},
		{"endless", 1, 3, true},
		{"endless", 1, 2, false},
		{"endless", 2, 1, true},
		{"cases", 1, 2, true},
		{"cases", 2, 1, false},
		{"cases", 1, 3, true},
		{"each", 1, 1, true},
		{"each", 1, 2, true},
	} {
		if got := fns[c.name].reaches(c.from, c.to); got != c.want {
			t.Errorf("%s: from at(%d) to at(%d): %v, want %v", c.name, c.from, c.to, got, c.want)
		}
	}
}

func TestGotoHasNoGraph(t *testing.T) {
	if g := functions(t)["jumps"].graph; g != nil {
		t.Errorf("graph of a function with goto = %v, want nil", g)
	}
}

func TestCertainly(t *testing.T) {
	fns := functions(t)
	for _, c := range []struct {
		name string
		at   int
		want bool
	}{
		{"branch", 1, true},
		{"branch", 3, false},
		{"loop", 1, false},
		{"loop", 2, true},
		{"endless", 1, true}, // the only way out
		{"cases", 2, true},   // the default panics
		{"cases", 1, false},
	} {
		if got := fns[c.name].graph.Certainly(fns[c.name].at[c.at]); got != c.want {
			t.Errorf("%s: at(%d) certain: %v, want %v", c.name, c.at, got, c.want)
		}
	}
}

func TestLeadsNeedsNoCondition(t *testing.T) {
	fns := functions(t)
	for _, c := range []struct {
		name     string
		from, to int
		want     bool
	}{
		{"branch", 1, 3, true},
		{"branch", 1, 2, false}, // b decides
		{"loop", 1, 2, true},
		{"choose", 1, 3, true},
		{"each", 1, 1, true},
	} {
		f := fns[c.name]
		if got := f.graph.Leads(f.info, f.at[c.from], f.at[c.to], never); got != c.want {
			t.Errorf("%s: at(%d) leads to at(%d): %v, want %v", c.name, c.from, c.to, got, c.want)
		}
	}
}
