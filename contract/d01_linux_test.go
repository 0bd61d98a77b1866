// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// d01 is about the end of a pool of connections.
func d01() claim.Claim {
	return claim.Claim{
		ID:   "D01",
		Told: "database/sql's DB.Close waits for the queries that are running, and new ones fail with an error that can be recognised.",
		Trial: func(x *claim.Trial) {
			closeWithQuery(x)
			errorAfterClose(x)
			waitingAtClose(x)
			transactionOverClose(x)
		},
		So:      "Close a pool when all that uses it has ended, and wait for that yourself; Close does not. Keep a flag of your own to tell a query that came too late from one that failed.",
		Covered: []string{"quiesce.NoCtx", "quiesce.Needs"},
	}
}

// closeWithQuery calls Close while a query is in the driver.
func closeWithQuery(x *claim.Trial) {
	var returned, closedConn bool
	var after int
	var lastConns int32
	withDB(x, obeys, func(s *script, db *sql.DB) {
		got := make(chan int)
		go func() { got <- readAll(db.Query("slow")) }()
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- db.Close() }()
		synctest.Wait()
		returned = len(closed) == 1
		closedConn = s.open.Load() == 0
		close(s.gate)
		after = <-got
		synctest.Wait()
		lastConns = s.open.Load()
	})
	x.Told(!returned, "Close waits for a query that is running")
	x.Fact(returned && !closedConn, "Close returns at once, although its documentation says that it waits for the queries that have started on the server: it closes the connections that are idle and leaves alone those in use (database/sql/sql.go, DB.Close).")
	x.Fact(after == 3 && lastConns == 0, "A query that is running ends as it would have, its rows can be read, and then its connection is closed.")
}

// readAll counts rows, -1 if there is an error.
func readAll(rows *sql.Rows, err error) int {
	if err != nil {
		return -1
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	if rows.Err() != nil {
		return -1
	}
	return n
}

func errorAfterClose(x *claim.Trial) {
	var err, pingErr, again error
	withDB(x, obeys, func(_ *script, db *sql.DB) {
		db.Close()
		_, err = db.Query("rows")
		pingErr = db.Ping()
		again = db.Close()
	})
	exported := false
	for _, known := range []error{
		sql.ErrConnDone, sql.ErrNoRows, sql.ErrTxDone, driver.ErrBadConn, driver.ErrSkip, driver.ErrRemoveArgument,
		context.Canceled, context.DeadlineExceeded,
	} {
		exported = exported || errors.Is(err, known)
	}
	byText := err != nil && err.Error() == "sql: database is closed"
	x.Told(exported, "errors.Is finds an exported error in that of a new query")
	x.Told(byText, "the text of the error says that the database is closed")
	x.Fact(!exported && byText && pingErr == err, "A new query, or Ping, fails with `sql: database is closed`, a variable that database/sql does not export: only its text can be compared.")
	x.Fact(again == nil, "A second Close returns nil.")
}

// waitingAtClose calls Close while a query waits for the only connection.
func waitingAtClose(x *claim.Trial) {
	var err error
	withDB(x, obeys, func(s *script, db *sql.DB) {
		conn, connErr := db.Conn(context.Background())
		must(connErr)
		failed := make(chan error)
		go func() {
			_, err := db.Query("rows")
			failed <- err
		}()
		synctest.Wait()
		db.Close()
		err = <-failed
		conn.Close()
	})
	x.Fact(err != nil && err.Error() == "sql: database is closed", "A query that waits for a free connection when Close is called fails with it at once.")
}

func transactionOverClose(x *claim.Trial) {
	var rows int
	var commitErr error
	withDB(x, obeys, func(_ *script, db *sql.DB) {
		tx, err := db.Begin()
		must(err)
		db.Close()
		rows = readAll(tx.Query("rows"))
		commitErr = tx.Commit()
	})
	x.Fact(rows == 3 && commitErr == nil, "A transaction that was begun goes on after Close: it takes new queries and commits.")
}
