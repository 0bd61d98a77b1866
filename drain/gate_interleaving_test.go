// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestEveryInterleaving: work admitted is waited for, zero is seen once and not
// late, in every order of steps.
func TestEveryInterleaving(t *testing.T) {
	for _, n := range []struct{ workers, closers int }{{0, 1}, {1, 1}, {2, 2}, {5, 2}, {6, 1}} {
		t.Run(fmt.Sprintf("workers=%d,closers=%d", n.workers, n.closers), func(t *testing.T) {
			x := exploration{algorithm: theGate, workers: n.workers, closers: n.closers}
			x.explore((*machine).overcounted)
			if x.broken != "" {
				t.Fatalf("%s%s", x.broken, x.path())
			}
			t.Logf("%d states", len(x.from))
			if n.workers == 6 && len(x.from) < 10_000 {
				t.Errorf("only %d states: the model does not branch", len(x.from))
			}
		})
	}
}

// TestStepsAreTheMethods ties the model's order of steps to that of the code:
// made without interruption they leave the same gate as Enter, Leave and Shut.
func TestStepsAreTheMethods(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		real, m, inFlight := new(Gate), &machine{gate: new(Gate)}, 0
		for range 20 {
			switch k := r.IntN(8); {
			case k == 0:
				real.Shut()
				m.alone(shutting)
			case k < 4 && inFlight > 0:
				inFlight--
				real.Leave()
				m.alone(inside)
			default:
				admitted := real.Enter()
				if end := m.alone(outside); admitted != (end == inside) {
					t.Fatalf("Enter is %t, the model's worker is %v", admitted, end)
				}
				if admitted {
					inFlight++
				}
			}
			fired := isClosed(real.Drained())
			if word := uint32(real.word.Load()); word != uint32(m.word) || real.rem.Load() != m.rem || fired != (m.fired == 1) {
				t.Fatalf("the gate has word %#x, rem %d, fired %t; the model %#x, %d, %d",
					word, real.rem.Load(), fired, uint32(m.word), m.rem, m.fired)
			}
		}
	}
}

// alone runs one process from a place until its method would return, and says
// where it is then.
func (m *machine) alone(from place) place {
	p := &m.procs[0]
	p.at = from
	for {
		m.run(theGate, 0)
		if p.at == inside || p.at == outside || p.at == done {
			return p.at
		}
	}
}

// TestStepsAreAtomic ties the model's steps to those of the code: each makes one
// atomic operation, and there are no others.
func TestStepsAreAtomic(t *testing.T) {
	want := map[string][]string{
		"arrive":      {"word.Add"},
		"turnBack":    {"word.Add"},
		"bar":         {"word.Add"},
		"settle":      {"rem.Add"},
		"Leave":       {"word.Add"},
		"leaveBarred": {"word.Add"}, // only before it panics
		"InFlight":    {"word.Load", "rem.Load"},
		"arrivals":    {"word.Load"},
	}
	got := map[string][]string{}
	for _, name := range []string{"gate.go", "quiet.go", "holder.go", "held.go", "group.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				if ops := atomics(f); ops != nil {
					got[f.Name.Name] = ops
				}
			}
		}
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("atomic operations by function:\n%v, want\n%v", got, want)
	}
}

// atomics lists what a function does with a gate's word and rem.
func atomics(f *ast.FuncDecl) (ops []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if op, ok := n.(*ast.SelectorExpr); ok {
			if field, ok := op.X.(*ast.SelectorExpr); ok && (field.Sel.Name == "word" || field.Sel.Name == "rem") {
				ops = append(ops, field.Sel.Name+"."+op.Sel.Name)
			}
		}
		return true
	})
	return ops
}
