// SPDX-License-Identifier: Apache-2.0

// Package graph draws.
package graph

import "net/http"

// Handler shows a graph.
func Handler() http.Handler { return nil }
