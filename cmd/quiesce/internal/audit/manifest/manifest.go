// SPDX-License-Identifier: Apache-2.0

// Package manifest has what the audit and the kinds of documents that it knows share.
//
// A kind of document is a [Kind]: it recognises its files, reads them into documents
// with the places of everything, and checks the documents of a run together, because
// what is wrong is often between two of them.
package manifest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/finding"
)

// A Kind is a kind of document.
//
// Candidate, Recognise and Read are called from several goroutines at once.
type Kind interface {
	// Name is the word for it, such as "kubernetes". Rules name it.
	Name() string

	// Candidate reports whether a file that was met in a folder is worth reading, by its name.
	Candidate(path string) bool

	// Recognise reports whether a file is of this kind, by its name or by what is in it.
	Recognise(f *File) bool

	// Read reads the documents of a file.
	Read(f *File, generic bool) Content

	// Checks are the ids of the rules that Audit checks.
	Checks() []string

	// Audit checks the documents of this kind that a run found, in the order of their
	// files, and calls report for what is wrong.
	Audit(docs []*Document, world *World, report Report)
}

// A File is one that is audited.
type File struct {
	Path string // as the user would name it
	Data []byte
}

// NewFile makes a file of what was read, in UTF-8: some shells of Windows write UTF-16, which
// begins with a mark.
func NewFile(path string, data []byte) *File { return &File{Path: path, Data: utf8Of(data)} }

func utf8Of(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	}
	var units []uint16
	for rest := data[2:]; len(rest) > 1; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return []byte(string(utf16.Decode(units)))
}

// Content is what is in a file. Wrong input does not keep the rest from being read.
type Content struct {
	Documents []*Document
	Problems  []finding.Problem // what is malformed
	Notes     []Note            // what cannot be audited, and why
}

// A Note says why something is not audited.
type Note struct {
	File string
	Line int
	Text string
	Fix  string

	// Folder is whether one such note is enough for all files of a folder.
	Folder bool
}

// Places knows where the parts of a document are. The steps of a path are what the
// kind makes of them: keys and indexes for YAML, sections and lines for others.
type Places interface {
	At(path ...any) (line, column int)
}

// A Document is one that was read.
type Document struct {
	File   string
	Line   int    // its first
	Type   string // such as Deployment
	Name   string // as messages name it, such as Deployment shop/web
	Object any    // what the kind decoded
	Places Places

	// Generic is the document as maps, slices, strings, int64, float64, bool and nil, for
	// rules of users; nil if there are none.
	Generic any
}

// A Finding is what a check reports. Rule and Message are required.
type Finding struct {
	Rule    string
	Doc     *Document
	Path    []any // where in the document; see Places
	Message string
	Fix     string // if it can be said better than the rule says it

	// Unsure is whether it depends on something that the audit does not know. It is a note
	// then, if the user has not said how much the rule matters.
	Unsure bool
}

// Report takes a finding.
type Report func(Finding)

// Findingf makes a finding.
func Findingf(rule string, doc *Document, path []any, format string, args ...any) Finding {
	return Finding{Rule: rule, Doc: doc, Path: path, Message: fmt.Sprintf(format, args...)}
}
