// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Known is what a check is known to find in a package that comes with Go. It has no
// line: the lists of two releases are nearly the same.
type Known struct {
	File     string // below src of GOROOT, with slashes
	Function string // "Listen", "(*Server).Serve"; "-" outside of functions
	Check    string
	Reason   string // why it is right, or why the check does not know better
}

// knownColumns are those of the file, in order.
var knownColumns = []string{"file", "function", "check", "reason"}

// release begins the line that names the release of Go which was looked at.
const release = "# release: "

// ReadKnown reads a list with a line each, whose fields are separated by tabs, and the
// release of Go for which it is complete, such as "go1.26". Empty lines and those that
// begin with # are comments; the first other one has the names of the columns.
func ReadKnown(r io.Reader) (list []Known, goVersion string, err error) {
	head := true
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		line := scanner.Text()
		if v, ok := strings.CutPrefix(line, release); ok {
			goVersion = v
		}
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		switch {
		case head && !slices.Equal(fields, knownColumns):
			return nil, "", fmt.Errorf("line %d: columns %q, want %q", n, fields, knownColumns)
		case head:
			head = false
		case len(fields) != len(knownColumns) || slices.Contains(fields, ""):
			return nil, "", fmt.Errorf("line %d: %q, want %d fields", n, fields, len(knownColumns))
		default:
			list = append(list, Known{fields[0], fields[1], fields[2], fields[3]})
		}
	}
	if goVersion == "" && scanner.Err() == nil {
		return nil, "", fmt.Errorf("no line %q with a release of Go", release)
	}
	return list, goVersion, scanner.Err()
}

// A Place is a finding in a package that comes with Go.
type Place struct {
	File, Function string // as Known has them
	Line           int
	Check          string
	Message        string
}

// Sort sorts findings by where they are.
func Sort(list []Place) {
	slices.SortFunc(list, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Check, b.Check))
	})
}

// Unknown returns the findings that are not in the list, and the entries of the list for
// which there is no finding. An entry takes all findings of its check in its function.
func Unknown(known []Known, found []Place) (fresh []Place, stale []Known) {
	used := make([]bool, len(known))
	for _, f := range found {
		i := slices.IndexFunc(known, func(k Known) bool {
			return k.File == f.File && k.Function == f.Function && k.Check == f.Check
		})
		if i < 0 {
			fresh = append(fresh, f)
			continue
		}
		used[i] = true
	}
	for i, k := range known {
		if !used[i] {
			stale = append(stale, k)
		}
	}
	return fresh, stale
}
