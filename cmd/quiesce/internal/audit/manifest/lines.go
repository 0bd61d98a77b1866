// SPDX-License-Identifier: Apache-2.0

package manifest

// Lines are the [Places] of what is read line by line: a path is a line.
type Lines struct{}

// At returns the line that the path is.
func (Lines) At(path ...any) (line, column int) {
	if len(path) > 0 {
		if n, ok := path[0].(int); ok {
			return n, 1
		}
	}
	return 0, 0
}
