// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/ast"
	"go/parser"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/ast/inspector"
)

// TestFacts checks what other packages get to know of a helper.
func TestFacts(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), Analyzer, "helper", "user")
}

func TestEnds(t *testing.T) {
	for source, want := range map[string]bool{
		`os.Exit(1)`:                         true,
		`panic("no")`:                        true,
		`log.Fatalf("no: %v", err)`:          true,
		`logger.Panic("no")`:                 true,
		`log.Fatal().Err(err).Msg("no")`:     true,
		`log.Error().Err(err).Msg("no")`:     false,
		`runtime.Goexit()`:                   true,
		`fmt.Println("no")`:                  false,
		`t.Stop()`:                           false,
		`syscall.Exec(path, args, env)`:      true,
		`func() { os.Exit(1) }()`:            false,
		`exec.Command("true").Start()`:       false,
		`log.With().Fields(nil).Send()`:      false,
		`zerolog.Fatal().Timestamp().Send()`: true,
	} {
		e, err := parser.ParseExpr(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := Ends(e.(*ast.CallExpr)); got != want {
			t.Errorf("Ends(%s) = %t, want %t", source, got, want)
		}
	}
}

func TestLeaves(t *testing.T) {
	for body, want := range map[string]bool{
		`for { return }`:                         true,
		`for { break }`:                          true,
		`for { select { default: break } }`:      false,
		`for { switch { default: break } }`:      false,
		`a: for { select { default: break a } }`: true,
		`for { a: for { break a } }`:             false,
		`for { for { break } }`:                  false,
		`for { func() { return }() }`:            false,
		`for { os.Exit(1) }`:                     true,
		`for { f() }`:                            false,
		`for range c { continue }`:               false,
	} {
		f, err := parser.ParseExpr("func() {" + body + "}")
		if err != nil {
			t.Fatal(err)
		}
		file := &ast.File{Name: ast.NewIdent("p"), Decls: []ast.Decl{&ast.FuncDecl{
			Name: ast.NewIdent("f"), Type: f.(*ast.FuncLit).Type, Body: f.(*ast.FuncLit).Body,
		}}}
		for loop := range inspector.New([]*ast.File{file}).Root().Preorder((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
			if got := Leaves(loop); got != want {
				t.Errorf("Leaves(%s) = %t, want %t", body, got, want)
			}
			break
		}
	}
}
