// SPDX-License-Identifier: Apache-2.0

// Command testsum reads what "go test -json" writes and prints what a person
// wants to see of it: the full output of what failed, each skip with its
// reason, go test's own closing line of each package, and one summary line.
//
//	go test -json ./... | testsum -totals file label
//
// With -totals it also appends "label<TAB>passed<TAB>failed<TAB>skipped" to
// the file, for a sum over several runs. It exits 1 if anything failed, and 2
// if it could not do its work.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	totals := flag.String("totals", "", "append the counts to this `file`")
	some := flag.Bool("some", false, "count it as a failure if no test ran")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: go test -json ./... | testsum [-some] [-totals file] label")
		os.Exit(2)
	}
	os.Exit(run(flag.Arg(0), *totals, *some, os.Stdin, os.Stdout))
}

func run(label, totals string, some bool, in io.Reader, out io.Writer) int {
	s := newSummary(out)
	if err := s.read(in); err != nil {
		fmt.Fprintf(os.Stderr, "testsum: error: read the test events: %v\n", err)
		return 2
	}
	s.finish(label, some)
	if err := appendTotals(totals, label, s.counts); err != nil {
		fmt.Fprintf(os.Stderr, "testsum: error: %v\n", err)
		return 2
	}
	if s.failed > 0 {
		return 1
	}
	return 0
}

func appendTotals(file, label string, c counts) error {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s\t%d\t%d\t%d\n", label, c.passed, c.failed, c.skipped)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
