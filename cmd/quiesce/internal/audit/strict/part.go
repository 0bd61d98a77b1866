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

// Split cuts a file into its documents, at the lines that begin with "---". Such a line
// begins a document wherever it stands, so that a document that is broken does not
// break the others. Parts without anything in them are left out.
func Split(data []byte) []Part {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var parts []Part
	start, startLine, line, full := 0, 0, 0, false
	flush := func(end int) {
		if full {
			parts = append(parts, Part{Data: data[start:end], Line: startLine})
		}
	}
	for at := 0; at < len(data); line++ {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		text := data[at:end]
		if begins(text) {
			flush(at)
			start, startLine, full = at, line, len(bytes.TrimSpace(text)) > len("---")
		} else if hasContent(text) {
			full = true
		}
		at = end
	}
	flush(len(data))
	return parts
}

// begins reports whether a line begins a document.
func begins(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0)
}

// hasContent reports whether there is more in a line than a comment, a directive or the
// end of a document.
func hasContent(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 0 && line[0] != '#' && line[0] != '%' && !bytes.Equal(line, []byte("..."))
}

// Parse reads a document, YAML or JSON. It returns nil without an error for one that is
// empty.
func (p Part) Parse() (*yaml.Node, error) {
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

func parse(data []byte) (*yaml.Node, error) {
	doc := new(yaml.Node)
	return doc, yaml.NewDecoder(bytes.NewReader(data)).Decode(doc)
}

// An Error is what is wrong at a line of a file.
type Error struct {
	Line int
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }
