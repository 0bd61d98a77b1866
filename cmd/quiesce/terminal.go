// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/show"
)

// isTerminal reports whether w is one, or another character device: what such a
// device is told makes no difference.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// textStyle is with colours in a terminal, unless the environment variable NO_COLOR is
// set or TERM says that there are none.
func textStyle(w io.Writer) show.Style {
	return show.Style{Color: new(drillFlags).color(w), Width: width(w)}
}
