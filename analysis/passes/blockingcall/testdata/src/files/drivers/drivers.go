// SPDX-License-Identifier: Apache-2.0

// Package drivers has databases of all kinds, of which files are one.
package drivers

import (
	"context"
	"database/sql"

	_ "github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite"
)

func load(ctx context.Context, db *sql.DB) (*sql.Rows, error) {
	return db.Query("SELECT 1") // want `db.Query may block for long, and does not end with ctx`
}
