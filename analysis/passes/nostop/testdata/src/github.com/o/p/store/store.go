// SPDX-License-Identifier: Apache-2.0

// Package store is another package of the program.
package store

import "net/http"

// Handler answers requests.
func Handler() http.Handler { return nil }
