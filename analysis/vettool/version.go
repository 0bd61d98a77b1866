// SPDX-License-Identifier: Apache-2.0

package vettool

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"strings"
)

// printVersion answers -V=full: with a line that changes with the program, which is part
// of the key of everything that go vet keeps. It reports whether it has done so.
//
// unitchecker would hash the whole file at every start of go vet: 60 MB in 50 to 90 ms, a
// third of what a tree costs in which nothing has changed. The linker has put an ID that
// does as well into the file (see "go tool buildid"); only a program that was linked with
// -buildid= is without.
func printVersion(w io.Writer) bool {
	file, err := os.Executable()
	if err != nil {
		return false
	}
	id := buildID(file)
	if id == "" {
		return false
	}
	// The go command takes what follows the last slash.
	_, err = fmt.Fprintf(w, "quiesce version devel buildID=%s\n", strings.ReplaceAll(id, "/", "."))
	return err == nil
}

// buildID returns what the linker has put into a program as its ID: a note of an ELF file,
// else a text at the start of its code. It is empty where there is none.
func buildID(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	if program, err := elf.NewFile(f); err == nil {
		return elfNote(program)
	}
	head, _ := io.ReadAll(io.LimitReader(f, 64<<10)) // what was read is looked at
	return textID(head)
}

// elfNote returns the text of the note with the ID: three numbers of four bytes come
// before it, of which the second is its length, and the name, "Go" and two zeros.
func elfNote(program *elf.File) string {
	const header = 16
	section := program.Section(".note.go.buildid")
	if section == nil {
		return ""
	}
	note, err := section.Data()
	if err != nil || len(note) < header {
		return ""
	}
	length := program.ByteOrder.Uint32(note[4:])
	if string(note[12:header]) != "Go\x00\x00" || uint64(length) > uint64(len(note)-header) {
		return ""
	}
	return string(note[header : header+length])
}

// textID returns the ID in the first bytes of a file of another format.
func textID(head []byte) string {
	_, rest, _ := bytes.Cut(head, []byte("\xff Go build ID: \""))
	id, _, ended := bytes.Cut(rest, []byte("\"\n \xff"))
	if !ended {
		return ""
	}
	return string(id)
}
