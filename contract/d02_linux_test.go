// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"database/sql"
	"runtime"
	"strings"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// d02 is about what a context can do for a query.
func d02() claim.Claim {
	return claim.Claim{
		ID:   "D02",
		Told: "A context that is cancelled during a query frees its connection at once.",
		Trial: func(x *claim.Trial) {
			interrupted(x)
			givenUp(x)
			notHeard(x)
			betweenRows(x)
			insideNext(x)
			transactionCancelled(x)
			waitingForConnection(x)
		},
		So: "Whether a query can be interrupted is for the driver to say: ask it, or try. Leave time for the longest one where it cannot, and let the server bound it too (statement_timeout and the like).",
	}
}

// A slowQuery is how a query ended up whose context was cancelled.
type slowQuery struct {
	returned bool  // to its caller, while the driver's work was not let go
	err      error // with this
	busy     int   // connections in use then
	open     int32 // connections open then
	late     int   // rows that it had after it was let go
}

func cancelSlow(x *claim.Trial, m manner) (q slowQuery) {
	withDB(x, m, func(s *script, db *sql.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		late := make(chan int, 1)
		go func() {
			rows, err := db.QueryContext(ctx, "slow")
			if err == nil {
				synctest.Wait() // for database/sql to notice that the context has ended
			}
			done <- err
			late <- readAll(rows, err)
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		q.returned, q.busy, q.open = len(done) == 1, db.Stats().InUse, s.open.Load()
		close(s.gate)
		q.err, q.late = <-done, <-late
	})
	return q
}

func interrupted(x *claim.Trial) {
	q := cancelSlow(x, obeys)
	x.Told(q.returned && q.busy == 0, "a driver that interrupts the query")
	x.Fact(q.returned && q.err == context.Canceled && q.busy == 0 && q.open == 1, "With a driver that has QueryContext and obeys, the query returns what the driver returns, and the connection is back in the pool, open.")
}

func givenUp(x *claim.Trial) {
	q := cancelSlow(x, cuts)
	x.Told(q.returned && q.busy == 0, "a driver that gives up the connection")
	x.Fact(q.returned && q.busy == 0 && q.open == 0, "With a driver that obeys by giving up the connection (its IsValid says false) there is room in the pool at once, and the next query pays for a new connection.")
}

func notHeard(x *claim.Trial) {
	q := cancelSlow(x, listensNot)
	x.Told(q.returned && q.busy == 0, "a driver without contexts, inside the query")
	x.Fact(!q.returned && q.busy == 1, "With a driver that has no methods with a context, or does not look at it, nothing happens: the caller waits as long as the query takes, and so does the connection (database/sql/ctxutil.go).")
	x.Fact(q.err == nil && q.late == -1, "When such a query is over QueryContext returns rows and no error, and then database/sql closes them: whoever checks only the first error takes them for empty.")
}

// betweenRows: the rows are being read, and no call is in the driver.
func betweenRows(x *claim.Trial) {
	var busy int
	var err error
	withDB(x, listensNot, func(_ *script, db *sql.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		rows, queryErr := db.QueryContext(ctx, "rows")
		must(queryErr)
		rows.Next()
		cancel()
		synctest.Wait()
		busy = db.Stats().InUse
		rows.Next()
		err = rows.Err()
	})
	x.Told(busy == 0, "any driver, between two rows")
	x.Fact(busy == 0 && err == context.Canceled, "Between two rows, with any driver, database/sql closes the rows and the connection is free, though nobody called Next or Close; Rows.Err tells why.")
}

// insideNext: the driver is fetching a row. In a bubble nobody can wait for a
// goroutine that waits for a mutex, so this is without one.
func insideNext(x *claim.Trial) {
	s := &script{manner: listensNot, gate: make(chan struct{})}
	db := sql.OpenDB(s)
	defer db.Close()
	ctx, cancel := context.WithCancel(x.Context())
	rows, err := db.QueryContext(ctx, "slow rows")
	must(err)
	over := make(chan bool)
	go func() { over <- rows.Next() }()
	for s.inside.Load() == 0 {
		time.Sleep(pollInterval)
	}
	cancel()
	for began := time.Now(); db.Stats().InUse == 1 && !waitsToClose(); time.Sleep(pollInterval) {
		if time.Since(began) > clientLimit {
			x.Fatal("database/sql does not notice the end of the context")
		}
	}
	busy := db.Stats().InUse
	close(s.gate)
	<-over
	must(rows.Close())
	x.Told(busy == 0, "a driver without contexts, inside Next")
	x.Fact(busy == 1, "While the driver is fetching a row in Next, closing the rows has to wait for it, and so does the connection.")
}

// waitsToClose reports whether database/sql has begun to close some rows because
// their context has ended, and cannot yet: it waits for their lock, which is a
// sync.RWMutex, and since Go 1.27 one of its own with a condition variable.
func waitsToClose() bool {
	buf := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		state, calls, _ := strings.Cut(stack, "\n")
		locked := strings.Contains(state, "RWMutex.Lock") || strings.Contains(state, "Cond.Wait")
		if locked && strings.Contains(calls, "sql.(*Rows).close(") && strings.Contains(calls, "sql.(*Rows).awaitDone(") {
			return true
		}
	}
	return false
}

// transactionCancelled ends the context of a transaction between two queries.
func transactionCancelled(x *claim.Trial) {
	var busy int
	var err error
	withDB(x, listensNot, func(_ *script, db *sql.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		tx, beginErr := db.BeginTx(ctx, nil)
		must(beginErr)
		cancel()
		synctest.Wait()
		busy = db.Stats().InUse
		err = tx.Commit()
	})
	x.Told(busy == 0, "any driver, in a transaction between two queries")
	x.Fact(busy == 0 && err == sql.ErrTxDone, "The end of the context given to BeginTx rolls the transaction back, and Commit then fails: with sql.ErrTxDone when that is done.")
}

// waitingForConnection: the query has not got as far as the driver.
func waitingForConnection(x *claim.Trial) {
	var err error
	var waited int64
	withDB(x, listensNot, func(_ *script, db *sql.DB) {
		conn, connErr := db.Conn(context.Background())
		must(connErr)
		ctx, cancel := context.WithCancel(context.Background())
		failed := make(chan error, 1)
		go func() {
			_, err := db.QueryContext(ctx, "rows")
			failed <- err
		}()
		synctest.Wait()
		waited = db.Stats().WaitCount
		cancel()
		err = <-failed
		conn.Close()
	})
	x.Fact(waited == 1 && err == context.Canceled, "A query that waits for a free connection gives up at once, with any driver.")
}
