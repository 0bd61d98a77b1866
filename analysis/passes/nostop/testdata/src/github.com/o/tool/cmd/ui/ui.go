// SPDX-License-Identifier: Apache-2.0

// Package ui shows something to the one who has started the tool.
package ui

import (
	"net/http"

	"github.com/o/tool/graph"
)

// Show serves one browser until Ctrl-C.
func Show() error {
	srv := http.Server{Handler: graph.Handler()}
	return srv.ListenAndServe()
}
