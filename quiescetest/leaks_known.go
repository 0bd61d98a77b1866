// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/internal/goroutine"
)

// A standing goroutine is one of the standard library's that is no leak of the test
// which happened to start it.
type standing struct {
	function string // on the stack
	blocked  string // what it waits in; "" for whatever
	reason   string
}

// standings are the standing goroutines. The runtime's own have no labels and are
// in no profile.
var standings = []standing{
	{"testing.(*T).Run", "chan receive", "a test that waits for its subtest"},
	{"testing.(*T).Parallel", "chan receive", "a test that waits for its turn"},
	{"testing.runFuzzing", "", "waits for the fuzzer"},
	{"testing.runFuzzTests", "", "waits for the fuzzer"},
	{"os/signal.loop", "", "started by the first signal.Notify; one for the process, for ever"},
	{"runtime.ReadTrace", "", "go test -trace"},

	// A client's connection between requests belongs to its http.Transport, which
	// keeps it for whoever asks next. One whose response body nobody closes waits
	// in a select, and is told.
	{"net/http.(*persistConn).readLoop", "IO wait", "an idle connection"},
	{"net/http.(*persistConn).writeLoop", "select", "its other half"},
	{"net/http.(*http2ClientConn).readLoop", "IO wait", "an idle connection, Go 1.26"},
	{"net/http/internal/http2.(*ClientConn).readLoop", "IO wait", "an idle connection, Go 1.27"},
}

func isStanding(s goroutine.Stack) bool {
	return slices.ContainsFunc(standings, func(k standing) bool {
		return (k.blocked == "" || k.blocked == s.Blocked()) && hasFrame(s, k.function)
	})
}

func hasFrame(s goroutine.Stack, function string) bool {
	return slices.ContainsFunc(s.Frames, func(f goroutine.Frame) bool { return f.Function == function })
}

// began returns the function that a goroutine was started with, "" if it has not run
// yet: it may have no frames then.
func began(s goroutine.Stack) string {
	for _, f := range slices.Backward(s.Frames) {
		if !strings.HasPrefix(f.Function, "runtime.") {
			return f.Function
		}
	}
	return ""
}
