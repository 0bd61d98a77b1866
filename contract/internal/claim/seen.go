// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"bufio"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Seen are the verdicts that were observed, by claim and Go version.
type Seen map[string]map[string]Verdict

// readSeen reads a file of lines "S01 go1.26.8 false"; none is empty.
func readSeen(name string) (Seen, error) {
	s := Seen{}
	f, err := os.Open(name)
	if err != nil {
		if os.IsNotExist(err) {
			return s, nil
		}
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		id, rest, _ := strings.Cut(lines.Text(), " ")
		version, verdict, ok := strings.Cut(rest, " ")
		if !ok {
			return nil, &fs.PathError{Op: "parse", Path: name, Err: fmt.Errorf("line %q", lines.Text())}
		}
		s.add(id, version, Verdict(verdict))
	}
	return s, nil
}

func (s Seen) add(id, version string, v Verdict) {
	if s[id] == nil {
		s[id] = map[string]Verdict{}
	}
	s[id][version] = v
}

// write is the opposite of readSeen.
func (s Seen) write(name string) error {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(s)) {
		for _, version := range s.versions(id) {
			fmt.Fprintf(&b, "%s %s %s\n", id, version, s[id][version])
		}
	}
	return os.WriteFile(name, []byte(b.String()), 0o644)
}

// versions returns the Go versions with which a claim was settled, oldest first.
func (s Seen) versions(id string) []string {
	return slices.SortedFunc(maps.Keys(s[id]), compareVersions)
}

// expect returns the verdict seen with a version, or with the newest of all if
// it was not tried with that; and which version that is.
func (s Seen) expect(id, version string) (from string, v Verdict) {
	if v, ok := s[id][version]; ok {
		return version, v
	}
	versions := s.versions(id)
	if len(versions) == 0 {
		return "", ""
	}
	from = versions[len(versions)-1]
	return from, s[id][from]
}

// line tells of the versions seen, if there is more than one.
func (s Seen) line(id string) string {
	versions := s.versions(id)
	if len(versions) < 2 {
		return ""
	}
	same := true
	for _, v := range versions {
		same = same && s[id][v] == s[id][versions[0]]
	}
	if same {
		return " The same with " + strings.Join(versions, ", ") + "."
	}
	var each []string
	for _, v := range versions {
		each = append(each, v+": "+string(s[id][v]))
	}
	return " It changed: " + strings.Join(each, ", ") + "."
}

// compareVersions orders "go1.9" before "go1.26.8".
func compareVersions(a, b string) int {
	x, y := numbers(a), numbers(b)
	return cmp.Or(slices.Compare(x, y), strings.Compare(a, b))
}

func numbers(version string) []int {
	var out []int
	for _, part := range strings.Split(strings.TrimPrefix(version, "go"), ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		out = append(out, n)
	}
	return out
}
