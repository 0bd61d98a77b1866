// SPDX-License-Identifier: Apache-2.0

package show

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// JSON prints the run itself, on one line; see [record.Run].
func JSON(w io.Writer, run *record.Run) error { return json.NewEncoder(w).Encode(run) }

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
