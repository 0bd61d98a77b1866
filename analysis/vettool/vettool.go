// SPDX-License-Identifier: Apache-2.0

// Package vettool makes a program the tool of "go vet -vettool".
package vettool

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	goanalysis "golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/go-quiesce/quiesce/analysis"
	"github.com/go-quiesce/quiesce/analysis/handled"
)

// Called reports whether a program with these arguments, without its name, was started
// by "go vet" as its tool: to say which version or which flags it has, or to look at the
// package that a file describes.
func Called(args []string) bool {
	if len(args) == 0 {
		return false
	}
	last := args[len(args)-1]
	if strings.HasSuffix(last, ".cfg") {
		return len(args) == 1 || strings.HasPrefix(args[0], "-")
	}
	return len(args) == 1 && (last == "-V=full" || last == "-flags")
}

// Main is the whole of a program that is the tool of "go vet". It does not return.
//
// It is unitchecker.Main for [analysis.Suite], but for the check ignore: that one waits
// for no check that is switched off, and in packages that are looked at for their facts
// only, for none at all.
func Main() {
	args := os.Args[1:]
	if slices.Equal(args, []string{"-V=full"}) && printVersion(os.Stdout) {
		os.Exit(0)
	}
	runs := enabled(args)
	if len(args) > 0 && factsOnly(args[len(args)-1]) {
		runs = func(string) bool { return false }
	}
	analyzers := analysis.Select(runs)
	if wantsHandled(args) {
		analyzers = append(analyzers, handled.Analyzer)
	}
	unitchecker.Main(analyzers...)
}

// wantsHandled reports whether go vet is to learn of the flag -handled, or gives it. It is no
// check, and runs only then.
func wantsHandled(args []string) bool {
	return slices.Contains(args, "-flags") || slices.Contains(args, "-"+handled.Analyzer.Name) || slices.Contains(args, "-"+handled.Analyzer.Name+"=true")
}

// enabled returns what the flags -NAME and -NAME=false make of the checks: if one is
// switched on, only such run; otherwise all that are not switched off.
func enabled(args []string) func(name string) bool {
	set := map[string]bool{}
	for _, arg := range args {
		name, value, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		on, err := strconv.ParseBool(value)
		if !hasValue {
			on, err = true, nil
		}
		if !isCheck(name) || arg[0] != '-' || err != nil {
			continue
		}
		set[name] = on
	}
	some := slices.Contains(slices.Collect(maps.Values(set)), true)
	return func(name string) bool {
		on, isSet := set[name]
		return on || !isSet && !some
	}
}

func isCheck(name string) bool {
	return slices.ContainsFunc(analysis.Suite(), func(a *goanalysis.Analyzer) bool { return a.Name == name })
}

// factsOnly reports whether the findings in the package that a file describes are not
// asked for. A file that cannot be read is reported by who reads it next.
func factsOnly(file string) bool {
	data, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	var unit struct{ VetxOnly bool }
	return json.Unmarshal(data, &unit) == nil && unit.VetxOnly
}
