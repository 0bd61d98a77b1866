// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
)

var (
	// yamlLine is how the parser's errors begin: "yaml: line 3: did not find ...".
	yamlLine      = regexp.MustCompile(`^(?:yaml: )+(?:line \d+: )?`)
	looksJSON     = regexp.MustCompile(`^\s*[{\[]\s*["{\[]`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.+)' referenced`)
)

// syntaxError finds the line of what the parser does not like. The parser says where the
// mapping or list began in which it is, and that not exactly.
func (p Part) syntaxError(err error) *Error {
	if looksJSON.Match(p.Data) {
		if e, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(p.Data, new(any))); ok {
			return &Error{Line: p.Line + 1 + bytes.Count(p.Data[:max(0, e.Offset-1)], []byte("\n")), Text: e.Error()}
		}
	}
	text := yamlLine.ReplaceAllString(err.Error(), "")
	if m := unknownAnchor.FindStringSubmatch(text); m != nil {
		before, _, _ := bytes.Cut(p.Data, []byte("*"+m[1]))
		return &Error{Line: p.Line + 1 + bytes.Count(before, []byte("\n")), Text: text}
	}
	return &Error{Line: p.Line + 1 + goodLines(p.Data), Text: text}
}

const (
	mostParsed = 8 << 20 // bytes, to find the line of a mistake
	mostOpen   = 40      // lines of a text in quotes or in braces
)

// goodLines returns how many of the first lines are right without the rest. Those of a text in
// quotes or braces are not until it ends, so that between lines that are right there may
// be some that are not.
func goodLines(data []byte) int {
	ends := []int{0} // of n lines
	for at := range bytes.Lines(data) {
		ends = append(ends, ends[len(ends)-1]+len(at))
	}
	budget := mostParsed
	good := func(lines int) bool {
		budget -= ends[lines]
		_, err := parse(data[:ends[lines]])
		return err == nil || errors.Is(err, io.EOF)
	}
	low, high := 0, len(ends)-1 // low lines are right, high are not
	for low+1 < high && budget > 0 {
		if middle := (low + high) / 2; good(middle) {
			low = middle
		} else {
			high = middle
		}
		if low+1 == high { // is it only the beginning of such a text?
			for n := high + 1; n < len(ends)-1 && n <= low+mostOpen && budget > 0; n++ {
				if good(n) {
					low, high = n, len(ends)-1
					break
				}
			}
		}
	}
	return low
}
