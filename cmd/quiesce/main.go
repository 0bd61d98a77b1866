// SPDX-License-Identifier: Apache-2.0

// Command quiesce works on programs built with the quiesce library: it shows
// what a stop does, and proves that nothing is lost by it.
//
// "quiesce help" lists the verbs. Results go to stdout; errors, warnings and
// hints to stderr. It exits 0 if all is right, 1 for findings, 2 for a wrong
// command line, 3 if there is no verdict, 4 if the program that it is about could not
// be run, and 5 if it could not do its work.
package main

import (
	"os"

	"github.com/go-quiesce/quiesce/analysis/vettool"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
)

func main() {
	target.Guard()
	if vettool.Called(os.Args[1:]) {
		vettool.Main()
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
