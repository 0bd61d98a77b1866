// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// A Part is one document of a file.
type Part struct {
	Data []byte
	Line int // how many lines of the file are before it
}

// Split cuts a file into its documents: at the lines that begin with "---", after those that
// are "...", and between objects of JSON. Such a line ends a document wherever it stands,
// so that a document that is broken does not break the others. Parts without anything in
// them are left out.
func Split(data []byte) []Part {
	var parts []Part
	start, startLine, line, full := 0, 0, 0, false
	flush := func(end int) {
		if full {
			parts = append(parts, Part{Data: data[start:end], Line: startLine}.objects()...)
		}
	}
	for at := 0; at < len(data); line++ {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		text := data[at:end]
		switch {
		case marks(text, "---"):
			flush(at)
			start, startLine, full = at, line, len(bytes.TrimSpace(text)) > len("---")
		case marks(text, "..."):
			flush(end)
			start, startLine, full = end, line+1, false
		case hasContent(text):
			full = true
		}
		at = end
	}
	flush(len(data))
	return parts
}

// objects cuts objects of JSON that stand one after the other.
func (p Part) objects() []Part {
	if !looksJSON.Match(p.Data) {
		return []Part{p}
	}
	var parts []Part
	start, line, depth, quoted, escaped := 0, p.Line, 0, false, false
	for i, c := range p.Data {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '}' || c == ']':
			if depth--; depth < 0 {
				return []Part{p} // which is not right
			}
		case c == '{' || c == '[':
			if depth == 0 && len(bytes.TrimSpace(p.Data[start:i])) > 0 {
				parts = append(parts, Part{p.Data[start:i], line})
				line += bytes.Count(p.Data[start:i], []byte("\n"))
				start = i
			}
			depth++
		}
	}
	return append(parts, Part{p.Data[start:], line})
}

// marks reports whether a line is one that begins or ends a document.
func marks(line []byte, mark string) bool {
	return bytes.HasPrefix(line, []byte(mark)) && (len(line) == len(mark) || bytes.IndexByte([]byte(" \t\r\n"), line[len(mark)]) >= 0)
}

// hasContent reports whether there is more in a line than a comment or a directive.
func hasContent(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 0 && line[0] != '#' && line[0] != '%'
}

// mostDocument bounds a document, in bytes. The parser takes ten times as much memory.
const mostDocument = 32 << 20

// Parse reads a document, YAML or JSON. It returns nil without an error for one that is
// empty.
func (p Part) Parse() (*yaml.Node, error) {
	if len(p.Data) > mostDocument {
		return nil, &Error{Line: p.Line + 1, Text: fmt.Sprintf("a document larger than %d MiB", mostDocument>>20)}
	}
	if n := p.parseJSON(); n != nil {
		return n, nil
	}
	doc, err := parse(p.Data)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, p.syntaxError(err)
	case len(doc.Content) == 0:
		return nil, nil
	}
	return doc.Content[0], nil
}

// parse reads one document. Anything after it is wrong; after one that is written in indented
// lines there can be nothing that is not part of it.
func parse(data []byte) (*yaml.Node, error) {
	doc, d := new(yaml.Node), yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(doc); err != nil || len(doc.Content) == 0 {
		return doc, err
	}
	if root := doc.Content[0]; root.Kind != yaml.ScalarNode && root.Style&yaml.FlowStyle == 0 {
		return doc, nil
	}
	switch err := d.Decode(new(yaml.Node)); {
	case err == nil:
		return doc, errors.New("more than one document")
	case !errors.Is(err, io.EOF):
		return doc, err
	}
	return doc, nil
}

// An Error is what is wrong at a line of a file.
type Error struct {
	Line int
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }
