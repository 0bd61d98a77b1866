// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"fmt"
	"os"

	"github.com/go-quiesce/quiesce/internal/goroutine"
)

// RunNoLeaks runs the tests of a package and fails them if goroutines are left when the
// last one is over, whoever has started them:
//
//	func TestMain(m *testing.M) { os.Exit(quiescetest.RunNoLeaks(m)) }
//
// It returns what m.Run did, or 1 if that was 0 and there are leaks, which are printed
// on standard error. It looks at the whole process, and so needs no labels; but who is
// to blame it knows only for what a test with [NoLeaks] has started. Patience,
// proofs and allowances are as there.
//
// No leaks are: as many goroutines of a function as there were before the tests; those of
// package testing; the one that package os/signal starts for ever; and the two of each
// idle connection of an http.Transport, which belong to no test. A client's connection
// whose response body was not closed is a leak, and so is a server that was not.
func RunNoLeaks(m interface{ Run() int }, opts ...LeakOption) int {
	c := newLeakCheck(opts)
	c.settle(func() (found bool) {
		c.before, found = present()
		return found
	})
	code := m.Run()
	if code != 0 {
		return code
	}
	if text := c.check().text(); text != "" {
		fmt.Fprintf(os.Stderr, "quiescetest: the tests have left %s", text)
		return 1
	}
	return 0
}

// present counts the goroutines that there are by where they began. It reports whether
// some of them are not at rest: one that has not run yet is not seen where it will be.
func present() (n tally, running bool) {
	stacks, err := goroutine.Profile(nil)
	if err != nil {
		return nil, false // then it cannot be read afterwards either, which fails
	}
	n = make(tally)
	for _, s := range stacks {
		n[began(s)] += s.Count
		running = running || s.Blocked() == "running" && !hasFrame(s, counting)
	}
	return n, running
}

// counting is on the stack of who counts.
const counting = "github.com/go-quiesce/quiesce/quiescetest.present"
