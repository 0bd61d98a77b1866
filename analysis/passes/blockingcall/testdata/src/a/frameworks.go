// SPDX-License-Identifier: Apache-2.0

package a

import (
	"database/sql"

	"github.com/gin-gonic/gin"
)

func ginHandler(db *sql.DB) func(*gin.Context) {
	return func(c *gin.Context) {
		db.Exec("update") // want `db.Exec may block for long, and does not end with c.Request.Context\(\): use ExecContext`
	}
}
