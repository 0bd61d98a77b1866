// SPDX-License-Identifier: Apache-2.0

package vet

import (
	"fmt"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// failed notes that a check could not do its work; the findings of the others count. The trace
// is for who looks for the mistake.
func (p *parser) failed(reason, trace string) {
	p.fail(fmt.Errorf("%w: %s", ErrAnalysis, reason))
	p.notBuilt = append(p.notBuilt, finding.Problem{Text: "a check failed: " + reason})
	if trace = strings.TrimSpace(trace); trace != "" && p.log != nil {
		fmt.Fprintln(p.log, trace)
	}
}

// crashes takes the traces of checks that ended the tool out of what the go command printed,
// and returns the other lines. A trace goes to the next package, or to the end.
func (p *parser) crashes(lines []string) (rest []string) {
	pkg, from := "", -1
	for i, line := range append(lines, "# ") {
		next, isPackage := strings.CutPrefix(line, "# ")
		switch {
		case from >= 0 && isPackage:
			p.failed(fmt.Sprintf("in %s: %s", pkg, lines[from]), strings.Join(lines[from+1:i], "\n"))
			from = -1
		case from < 0 && isCrash(line):
			from = i
		case from < 0 && i < len(lines):
			rest = append(rest, line)
		}
		if isPackage {
			pkg = next
		}
	}
	return rest
}

// isCrash is for the first line that Go prints when a program ends in a panic, or worse.
func isCrash(line string) bool {
	for _, prefix := range []string{"panic: ", "fatal error: ", "runtime: ", "SIGSEGV: "} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}
