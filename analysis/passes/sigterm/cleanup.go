// SPDX-License-Identifier: Apache-2.0

package sigterm

import (
	"go/ast"
	"strings"

	"github.com/go-quiesce/quiesce/analysis/internal/check"
	"github.com/go-quiesce/quiesce/analysis/internal/code"
	"github.com/go-quiesce/quiesce/analysis/internal/signals"
)

// cleansUp returns a call that removes or restores something outside the process once the
// signal has come.
func cleansUp(pass *check.Pass, call *signals.Call) *ast.CallExpr {
	if call.Channel == nil || call.Channel.Escapes {
		return nil
	}
	for _, receive := range call.Channel.Receives {
		for _, stmt := range signals.After(receive) {
			for c := range signals.Synchronous(stmt) {
				if removes(pass, c) {
					return c
				}
			}
		}
	}
	return nil
}

// removes reports whether a call takes something away that would outlive the process, by
// its name.
func removes(pass *check.Pass, call *ast.CallExpr) bool {
	if code.IsCall(pass.TypesInfo, call, "os.Remove", "os.RemoveAll", "syscall.Unmount", "golang.org/x/sys/unix.Unmount", "golang.org/x/term.Restore") {
		return true
	}
	name := code.CallName(call)
	return strings.HasSuffix(name, "cleanup") || strings.HasPrefix(name, "cleanup") || strings.HasPrefix(name, "teardown")
}
