// SPDX-License-Identifier: Apache-2.0

// Package shared has a server for whoever calls it.
package shared

import (
	"net/http"

	"github.com/o/p/store"
)

// Server has a server that others stop.
type Server struct{ HTTP *http.Server }

// Run serves.
func (s *Server) Run() error {
	s.HTTP.Handler = store.Handler()
	return s.HTTP.ListenAndServe()
}

// Serve serves a server of its caller.
func Serve(srv *http.Server) error { return srv.ListenAndServe() }
