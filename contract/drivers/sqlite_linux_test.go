// SPDX-License-Identifier: Apache-2.0

package drivers

import (
	"database/sql/driver"
	"sync"

	"modernc.org/sqlite"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// inSQLite returns a database in memory. The query counts for ever.
func inSQLite(x *claim.Trial) engine {
	x.Helper()
	begun, err := beginning()
	if err != nil {
		x.Fatal(err)
	}
	return engine{
		driver: "sqlite", version: "SELECT 'SQLite ' || sqlite_version()",
		source: ":memory:",
		slow:   "WITH RECURSIVE c(n) AS (SELECT begun() UNION ALL SELECT n+1 FROM c) SELECT count(*) FROM c",
		begun:  begun,
	}
}

// beginning gives SQL a function begun, once in a process, and returns what
// that sends to.
var beginning = sync.OnceValues(func() (<-chan struct{}, error) {
	begun := make(chan struct{})
	return begun, sqlite.RegisterScalarFunction("begun", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		begun <- struct{}{}
		return int64(0), nil
	})
})
