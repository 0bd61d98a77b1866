// SPDX-License-Identifier: Apache-2.0

package finding

import (
	"encoding/json"
	"io"
)

// Schema is the version of what [Report.JSON] prints. It grows when a reader of the old
// one would misunderstand the new one.
const Schema = 1

// JSON prints an object with the fields schema, tool, version, findings and problems.
func (r *Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Schema   int       `json:"schema"`
		Tool     string    `json:"tool"`
		Version  string    `json:"version"`
		Findings []Finding `json:"findings"`
		Problems []Problem `json:"problems"`
	}{Schema, r.Tool, r.Version, list(r.Findings), list(r.Problems)})
}

// list makes an empty list of none, which JSON calls null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
