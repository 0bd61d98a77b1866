// SPDX-License-Identifier: Apache-2.0

// Package store is another package of the program.
package store

import (
	"database/sql"
	"net/http"
)

// DB is what the program keeps.
var DB *sql.DB

// Handler answers requests.
func Handler() http.Handler { return nil }
