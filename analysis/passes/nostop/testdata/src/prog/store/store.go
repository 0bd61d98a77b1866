// SPDX-License-Identifier: Apache-2.0

// Package store keeps the state of the program.
package store

import "database/sql"

func Open() (*sql.DB, error) { return sql.Open("x", "y") }

// Secure is set for TLS.
var Secure bool
