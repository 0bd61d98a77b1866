// SPDX-License-Identifier: Apache-2.0

package signalunread

import (
	_ "embed"
	"syscall"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

//go:embed doc.go
var doc string

// Analyzer reports channels given to signal.Notify that nobody receives from.
var Analyzer = check.New(doc, run, signals.Analyzer)

func run(pass *check.Pass) (any, error) {
	pkg := signals.Of(pass.Pass)
	if pkg == nil {
		return nil, nil
	}
	for _, c := range pkg.Channels {
		if c.Inline || c.Escapes || c.Unknown || len(c.Receives) > 0 || len(c.Makes) == 0 {
			continue
		}
		for _, call := range c.Notifies {
			if ends(call.Signals) && !code.IsTest(pass.Fset, call.Expr.Pos()) && !waitsForChild(pass, call.At) {
				pass.Reportf(call.Expr, "nobody receives from this channel: from here on %s has no effect", name(call.Signals))
				break
			}
		}
	}
	return nil, nil
}

// ends reports whether the list has a signal that would end the program.
func ends(l signals.List) bool { return l.Stops() || l.Has(syscall.SIGHUP) || l.Has(syscall.SIGQUIT) }

func name(l signals.List) string {
	if l.All {
		return "every signal"
	}
	for _, item := range l.Items {
		if item.Name != "" {
			return item.Name
		}
	}
	return "the signal"
}

// waitsForChild reports whether the function runs another program and waits for it.
func waitsForChild(pass *check.Pass, at inspector.Cursor) bool {
	fn := code.Declaration(at)
	if !fn.Valid() {
		return false
	}
	for call := range signals.Synchronous(fn) {
		switch code.Callee(pass.TypesInfo, call) {
		case "(*os/exec.Cmd).Run", "(*os/exec.Cmd).Wait", "(*os/exec.Cmd).Output", "(*os/exec.Cmd).CombinedOutput", "(*os.Process).Wait", "(*os/exec.Cmd).Start":
			return true
		}
	}
	return false
}
