// SPDX-License-Identifier: Apache-2.0

package signals

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// collectCalls notes the calls of os/signal and of the helpers of other packages.
func (p *Package) collectCalls() {
	for cur := range p.root.Preorder((*ast.CallExpr)(nil)) {
		expr := cur.Node().(*ast.CallExpr)
		if op := p.op(expr); op != "" {
			p.own(op, cur, expr)
		} else if h := p.helperOf(expr); h != nil {
			p.foreign(h, cur, expr)
		}
	}
	p.attribute()
	for _, c := range p.Calls {
		if c.Op == Notify && c.Channel != nil && !slices.Contains(p.Channels, c.Channel) {
			p.Channels = append(p.Channels, c.Channel)
		}
	}
}

// attribute gives the registration of a parameter to the functions of this package that
// pass a channel: they register it.
func (p *Package) attribute() {
	helpers := map[types.Object]*Call{}
	for _, c := range p.Calls {
		if fn := p.forCallers(c); fn != nil {
			helpers[fn] = c
		}
	}
	if len(helpers) == 0 {
		return
	}
	for cur := range p.root.Preorder((*ast.CallExpr)(nil)) {
		expr := cur.Node().(*ast.CallExpr)
		fn := p.callee(expr)
		if fn == nil || helpers[fn] == nil {
			continue
		}
		helper := helpers[fn]
		ch := helper.Channel
		ch.Notifies = slices.DeleteFunc(ch.Notifies, func(c *Call) bool { return c == helper })
		ch.Notifies = append(ch.Notifies, &Call{Op: Notify, At: cur, Expr: expr, Channel: ch, Signals: helper.Signals, Helper: fn})
	}
}

// forCallers returns the function whose parameter a call registers.
func (p *Package) forCallers(c *Call) types.Object {
	if c.Op != Notify || c.Channel == nil || c.Helper != nil {
		return nil
	}
	v, ok := p.object(c.Expr.Args[0]).(*types.Var)
	decl := code.Declaration(c.At)
	if !ok || v.Kind() != types.ParamVar || !decl.Valid() || code.Function(c.At) != decl {
		return nil
	}
	return p.pass.TypesInfo.Defs[decl.Node().(*ast.FuncDecl).Name]
}

// own notes a call of os/signal.
func (p *Package) own(op Op, at inspector.Cursor, expr *ast.CallExpr) {
	c := &Call{Op: op, At: at, Expr: expr}
	skip := 0
	if op == Notify || op == NotifyContext || op == Stop || op == SignalHandler {
		skip = 1
	}
	if len(expr.Args) < skip {
		return
	}
	if op != Stop {
		c.Signals = p.list(expr.Args[skip:], expr.Ellipsis.IsValid())
	}
	if op == Notify || op == Stop {
		c.Channel = p.ChannelOf(expr.Args[0])
	}
	p.calls[expr] = c
	p.note(c)
}

func (p *Package) note(c *Call) {
	p.Calls = append(p.Calls, c)
	switch {
	case c.Channel == nil:
	case c.Op == Notify:
		c.Channel.Notifies = append(c.Channel.Notifies, c)
	case c.Op == Stop:
		c.Channel.Stops = append(c.Channel.Stops, c)
	}
}

// foreign notes what a helper of another package does with the channels that it is
// given.
func (p *Package) foreign(h *Helper, at inspector.Cursor, expr *ast.CallExpr) {
	for _, param := range h.Params {
		if param.Index >= len(expr.Args) {
			continue
		}
		ch := p.ChannelOf(expr.Args[param.Index])
		if ch == nil {
			continue
		}
		if param.Notify {
			p.note(&Call{Op: Notify, At: at, Expr: expr, Channel: ch, Signals: param.list(), Helper: p.callee(expr)})
		}
		if param.Stop {
			p.note(&Call{Op: Stop, At: at, Expr: expr, Channel: ch, Helper: p.callee(expr)})
		}
		if param.Receive {
			ch.Receives = append(ch.Receives, at)
		}
		ch.Escapes = ch.Escapes || param.Escapes
	}
}

// Declared returns where a function of this package is declared.
func (p *Package) Declared(fn *types.Func) (inspector.Cursor, bool) {
	cur, ok := p.decls[fn]
	return cur, ok
}

// Callee returns the function that a call names, nil for function values.
func (p *Package) Callee(call *ast.CallExpr) *types.Func { return p.callee(call) }
