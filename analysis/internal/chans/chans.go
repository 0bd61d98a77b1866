// SPDX-License-Identifier: Apache-2.0

// Package chans knows what a package does with its channels: where each is made,
// closed, sent to and received from, by the variable or field that holds it.
package chans

import (
	"go/ast"
	"go/types"
	"reflect"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// A Kind is what is done with a channel.
type Kind int

// What is done with a channel.
const (
	Make    Kind = iota // is assigned the result of make
	Origin              // is assigned something else: who else has it is not known
	Escape              // is given away
	Close               // the builtin
	Send                // a statement, or a case of a select
	Receive             // the operator, or a range
)

// A Use is a place where something is done with a channel.
type Use struct {
	Kind Kind
	Var  *types.Var       // the variable or field it is done through
	At   inspector.Cursor // the expression that names the channel
	Make *ast.CallExpr    // of a Make: the call
}

// A Group is the variables and fields that may hold the same channel, as far as
// assignments and calls within the package tell.
type Group struct {
	Vars []*types.Var
	Uses []*Use
}

// Info has the channels of a package.
type Info struct {
	Funcs *Funcs

	groups map[*types.Var]*Group
	all    []*Group
}

// Analyzer finds the uses of all channels of a package. Its result is an *[Info].
var Analyzer = &analysis.Analyzer{
	Name:       "quiescechannels",
	Doc:        "find where channels are made, closed, sent to and received from",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	Run:        run,
	ResultType: reflect.TypeFor[*Info](),
}

// Of returns the group of a channel variable or field, nil if it has no uses.
func (i *Info) Of(v *types.Var) *Group {
	if v == nil {
		return nil
	}
	return i.groups[v.Origin()]
}

// Groups returns all groups, each once, by the position of their first use.
func (i *Info) Groups() []*Group { return i.all }

// Of returns the uses of one kind.
func (g *Group) Of(k Kind) []*Use {
	if g == nil {
		return nil
	}
	var out []*Use
	for _, u := range g.Uses {
		if u.Kind == k {
			out = append(out, u)
		}
	}
	return out
}

// Has reports whether the group has a use of one of the kinds.
func (g *Group) Has(kinds ...Kind) bool {
	for _, k := range kinds {
		if len(g.Of(k)) > 0 {
			return true
		}
	}
	return false
}

// Private reports whether all that is done with the channel is in this package: it does
// not come from elsewhere, is not given away, and no name that others see holds it.
func (g *Group) Private(pkg *types.Package) bool {
	if g == nil || g.Has(Origin, Escape) {
		return false
	}
	for _, v := range g.Vars {
		if v.Pkg() != pkg || pkg.Name() != "main" && v.Exported() && (v.IsField() || v.Parent() == pkg.Scope()) {
			return false
		}
	}
	return true
}

// Unbuffered reports whether every make of the channel is one without a buffer.
func (g *Group) Unbuffered(info *types.Info) bool {
	makes := g.Of(Make)
	for _, u := range makes {
		if len(u.Make.Args) > 1 {
			tv := info.Types[u.Make.Args[1]]
			if tv.Value == nil || tv.Value.String() != "0" {
				return false
			}
		}
	}
	return len(makes) > 0
}

// Func returns the innermost function, declared or literal, that a use is in.
func (u *Use) Func() inspector.Cursor { return code.Function(u.At) }
