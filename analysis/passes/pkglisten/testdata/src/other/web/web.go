// SPDX-License-Identifier: Apache-2.0

// Package web is another module's.
package web

import "net/http"

func ListenAndServe(s *http.Server) error { return s.ListenAndServe() }
