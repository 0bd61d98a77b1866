// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"go/version"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"

	goanalysis "golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/go-quiesce/quiesce/analysis"
	"github.com/go-quiesce/quiesce/analysis/internal/corpus"
)

// compareStd prints how what the checks find in all packages that come with Go differs
// from the list of what they are known to find. A difference is an error.
func compareStd(ctx context.Context, list string, stdout, stderr io.Writer) error {
	known, err := readKnown(list, stderr)
	if err != nil {
		return err
	}
	found, err := findStd(ctx, "std", "cmd")
	if err != nil {
		return err
	}
	return printStd(stdout, known, found)
}

func printStd(stdout io.Writer, known []corpus.Known, found []corpus.Place) error {
	fresh, stale := corpus.Unknown(known, found)
	for _, f := range fresh {
		fmt.Fprintf(stdout, "new: %s:%d %s %s: %s\n", f.File, f.Line, f.Function, f.Check, f.Message)
	}
	for _, k := range stale {
		fmt.Fprintf(stdout, "not found: %s %s %s: %s\n", k.File, k.Function, k.Check, k.Reason)
	}
	if len(fresh)+len(stale) > 0 {
		return fmt.Errorf("%d findings are not listed, %d that are listed are not found", len(fresh), len(stale))
	}
	_, err := fmt.Fprintf(stdout, "%d findings, all of them listed\n", len(found))
	return err
}

// readKnown reads the list. It says so if that is one for another release of Go.
func readKnown(list string, stderr io.Writer) ([]corpus.Known, error) {
	file, err := os.Open(list)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known, release, err := corpus.ReadKnown(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	if is := version.Lang(runtime.Version()); is != release {
		fmt.Fprintf(stderr, "%s is for %s, and this is %s\n", list, release, is)
	}
	return known, nil
}

// findStd runs the checks over packages, without their tests and as they are on Linux
// without cgo: the same files on each machine.
func findStd(ctx context.Context, patterns ...string) ([]corpus.Place, error) {
	pkgs, err := packages.Load(&packages.Config{
		Context:   ctx,
		Mode:      packages.LoadAllSyntax,
		Env:       append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS="),
		ParseFile: parseStd,
	}, patterns...)
	if err != nil {
		return nil, err
	}
	graph, err := checker.Analyze(analysis.Suite(), pkgs, nil)
	if err != nil {
		return nil, err
	}
	var out []corpus.Place
	var errs []error
	for _, act := range graph.Roots {
		if act.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", act, act.Err))
		}
		for _, d := range act.Diagnostics {
			out = append(out, place(act, d))
		}
	}
	corpus.Sort(out)
	return out, errors.Join(errs...)
}

// parseStd gives files the version that they lack: packages that come with Go are in no
// module that has one.
func parseStd(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
	f, err := parser.ParseFile(fset, name, src, parser.AllErrors|parser.ParseComments|parser.SkipObjectResolution)
	if f != nil && f.GoVersion == "" {
		f.GoVersion = version.Lang(runtime.Version())
	}
	return f, err
}

func place(act *checker.Action, d goanalysis.Diagnostic) corpus.Place {
	at := act.Package.Fset.Position(d.Pos)
	return corpus.Place{
		File:     path.Join(act.Package.PkgPath, filepath.Base(at.Filename)),
		Function: function(act.Package, d.Pos),
		Line:     at.Line,
		Check:    act.Analyzer.Name,
		Message:  d.Message,
	}
}

// function names the function around a position: "Listen", "(*Server).Serve", "-" if
// there is none.
func function(pkg *packages.Package, pos token.Pos) string {
	for _, f := range pkg.Syntax {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || pos < fn.Pos() || fn.End() <= pos {
				continue
			}
			if fn.Recv == nil || len(fn.Recv.List) == 0 {
				return fn.Name.Name
			}
			return "(" + types.ExprString(fn.Recv.List[0].Type) + ")." + fn.Name.Name
		}
	}
	return "-"
}
