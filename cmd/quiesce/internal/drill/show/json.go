// SPDX-License-Identifier: Apache-2.0

package show

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/printable"
)

// JSON prints the run itself, on one line; see [record.Run].
func JSON(w io.Writer, run *record.Run) error {
	data, err := json.Marshal(run)
	return writeJSON(w, data, err)
}

// writeJSON writes what json.Marshal returns, with escapes for what encoding/json leaves
// as it is and a terminal may obey. Outside of strings there is none of that.
func writeJSON(w io.Writer, data []byte, err error) error {
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, r := range string(data) {
		switch {
		case r == '\n' || printable.Rune(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('\n')
	_, err = w.Write(b.Bytes())
	return err
}

// FromJSON reads what JSON has printed. It returns an error if that is something else,
// or of a schema that it does not know.
func FromJSON(r io.Reader) (*record.Run, error) {
	dec := json.NewDecoder(r)
	var head struct {
		record.Run
		Setup  *record.Setup  `json:"setup"` // tells a drill from other reports
		Schema *int           `json:"schema"`
		Rounds []record.Round `json:"rounds"`
	}
	if err := dec.Decode(&head); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("report: more than one JSON value")
	}
	if head.Schema == nil || head.Setup == nil {
		return nil, errors.New("report: not the report of a drill")
	}
	if *head.Schema != record.Schema {
		return nil, fmt.Errorf("report: schema %d; this quiesce knows schema %d", *head.Schema, record.Schema)
	}
	run := head.Run
	run.Schema, run.Setup, run.Rounds = *head.Schema, *head.Setup, head.Rounds
	return &run, nil
}
