// SPDX-License-Identifier: Apache-2.0

// Command corpus runs the checks over public programs in which sites were judged by hand
// (testdata/corpus.tsv), and prints precision and recall of each.
//
//	go run ./cmd/corpus [-sites FILE] [-checks NAMES] [-modules PATHS] [-work FOLDER]
//	go run ./cmd/corpus -std
//
// The programs are downloaded from the module proxy and copied to a folder, where they
// stay: what go vet has seen of them before, it does not look at again. It exits 1 if a
// program could not be looked at.
//
// With -std it runs the checks over the packages that come with Go, without their tests,
// and compares what they find with testdata/std.tsv. It exits 1 if there is a difference.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/analysis"
	"github.com/go-quiesce/quiesce/analysis/internal/corpus"
	"github.com/go-quiesce/quiesce/analysis/vettool"
)

func main() {
	if vettool.Called(os.Args[1:]) {
		vettool.Main()
	}
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "corpus: %v\n", err)
		os.Exit(1)
	}
}

// flags are the command line.
type flags struct {
	sites, checks, modules, work string
	std                          bool
}

func parse(args []string, stderr io.Writer) (*flags, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	f := new(flags)
	fs := flag.NewFlagSet("corpus", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&f.sites, "sites", filepath.Join("testdata", "corpus.tsv"), "`file` with the sites")
	fs.StringVar(&f.checks, "checks", "", "`names` of the only checks to run, with commas")
	fs.StringVar(&f.modules, "modules", "", "`parts` of the paths of the only modules to look at, with commas")
	fs.StringVar(&f.work, "work", filepath.Join(cache, "quiesce-corpus"), "`folder` for the programs")
	fs.BoolVar(&f.std, "std", false, "look at the packages that come with Go instead")
	return f, fs.Parse(args)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if f.std {
		return compareStd(ctx, filepath.Join("testdata", "std.tsv"), stdout, stderr)
	}
	sites, err := f.read()
	if err != nil {
		return err
	}
	for _, name := range unknown(sites) {
		fmt.Fprintf(stderr, "there are sites for %s, and no such check\n", name)
	}
	var findings []corpus.Finding
	var failed []string
	for _, m := range programs(sites) {
		fmt.Fprintf(stderr, "%s: %s\n", m.name(), strings.Join(m.packages, " "))
		found, err := m.vet(ctx, f)
		if err != nil {
			fmt.Fprintf(stderr, "%s: %v\n", m.name(), err)
			failed = append(failed, m.name())
		}
		findings = append(findings, found...)
	}
	if err := corpus.Compare(sites, findings).Print(stdout); err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("not all was looked at: %s", strings.Join(failed, ", "))
	}
	return nil
}

// read returns the sites that are asked for.
func (f *flags) read() ([]corpus.Site, error) {
	file, err := os.Open(f.sites)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sites, err := corpus.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.sites, err)
	}
	return slices.DeleteFunc(sites, func(s corpus.Site) bool {
		return f.checks != "" && !slices.Contains(strings.Split(f.checks, ","), s.Check) ||
			f.modules != "" && !slices.ContainsFunc(strings.Split(f.modules, ","), func(part string) bool { return strings.Contains(s.Module, part) })
	}), nil
}

// unknown returns the names of checks that there are not, of which the bugs are missed.
func unknown(sites []corpus.Site) []string {
	known := map[string]bool{}
	for _, a := range analysis.Suite() {
		known[a.Name] = true
	}
	var out []string
	for _, s := range sites {
		if !known[s.Check] {
			known[s.Check] = true
			out = append(out, s.Check)
		}
	}
	return out
}
