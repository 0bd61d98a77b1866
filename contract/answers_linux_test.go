// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// answer is how a program tells its trial what it has seen.
func answer(name string, seen any) { fmt.Printf("%s: %v\n", name, seen) }

// answers are what a program has told, by name. A trial that fails prints all
// that the program did.
func answers(x *claim.Trial, r *quiescetest.Result) map[string]string {
	x.Cleanup(func() {
		if x.Failed() {
			x.Logf("%s\n%s%s", r.Status(), r.Stdout, r.Stderr)
		}
	})
	return parseAnswers(r)
}

func parseAnswers(r *quiescetest.Result) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(r.Stdout) {
		if name, seen, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			out[name] = seen
		}
	}
	return out
}

// said is one of the answers; it must be there.
func said(x *claim.Trial, r *quiescetest.Result, name string) string {
	x.Helper()
	value, ok := parseAnswers(r)[name]
	if !ok {
		x.Fatalf("the program does not say %q; %s\nstdout:\n%s\nstderr:\n%s", name, r.Status(), r.Stdout, r.Stderr)
	}
	return value
}

// saw is an answer that is true or false.
func saw(x *claim.Trial, r *quiescetest.Result, name string) bool {
	x.Helper()
	return said(x, r, name) == "true"
}

// figure is an answer that is a number.
func figure(x *claim.Trial, r *quiescetest.Result, name string) int {
	x.Helper()
	return number(x, said(x, r, name))
}

// number parses what a program said.
func number(x *claim.Trial, s string) int {
	x.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		x.Fatal(err)
	}
	return n
}
