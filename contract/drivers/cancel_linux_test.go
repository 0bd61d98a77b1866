// SPDX-License-Identifier: Apache-2.0

package drivers

import (
	"context"
	"database/sql"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

const (
	// muchLater is the limit for what happens at once, on a machine that has
	// other things to do. The queries that are cancelled would last longer.
	muchLater = 10 * time.Second

	// stillGoing is how long a query is watched that is said to go on: a server
	// that is told to stop it does so within milliseconds.
	stillGoing = time.Second

	// lookInterval is between two looks at a server, which cannot be waited for.
	lookInterval = time.Millisecond
)

// An engine is a database, with a query that never ends by itself before the
// trial does.
type engine struct {
	driver, source string
	version        string             // a query for it
	slow           string             // the query
	busy           func(*sql.DB) bool // whether the server is at it; nil if there is none
	begun          <-chan struct{}    // otherwise tells when it began
}

// An outcome is what became of a query whose context was cancelled.
type outcome struct {
	version  string // of the database
	err      error
	took     time.Duration // from the cancellation to the return
	returned bool          // before muchLater
	next     error         // of a query afterwards; the pool has one connection
	kept     bool          // it was on the same connection
	goesOn   bool          // on the server, after the call returned
}

// cancelQuery runs a query, cancels its context and looks what happens.
func cancelQuery(x *claim.Trial, e engine) outcome {
	x.Helper()
	db, admin := open(x, e), open(x, e)
	before, err := connection(x, db)
	if err != nil {
		x.Fatal(err)
	}
	ctx, cancel := context.WithCancel(x.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		var ignored any
		done <- db.QueryRowContext(ctx, e.slow).Scan(&ignored)
	}()
	e.awaitBegun(admin)
	cancelled := time.Now()
	cancel()
	o := watch(done)
	o.took = time.Since(cancelled)
	if err := admin.QueryRowContext(x.Context(), e.version).Scan(&o.version); err != nil {
		x.Fatal(err)
	}
	var after any
	after, o.next = connection(x, db)
	o.kept = after == before
	o.goesOn = e.goesOn(admin)
	return o
}

// connection uses the pool's connection and returns which one that is.
func connection(x *claim.Trial, db *sql.DB) (which any, err error) {
	ctx, cancel := context.WithTimeout(x.Context(), muchLater)
	defer cancel()
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.QueryRowContext(ctx, "SELECT 1").Scan(new(int)); err != nil {
		return nil, err
	}
	err = c.Raw(func(conn any) error { which = conn; return nil })
	return which, err
}

// goesOn watches the server for a while, or until it has stopped the query.
func (e engine) goesOn(admin *sql.DB) bool {
	if e.busy == nil {
		return false
	}
	for limit := time.Now().Add(stillGoing); e.busy(admin); time.Sleep(lookInterval) {
		if time.Now().After(limit) {
			return true
		}
	}
	return false
}

func (e engine) awaitBegun(admin *sql.DB) {
	if e.busy == nil {
		<-e.begun
		return
	}
	for !e.busy(admin) {
		time.Sleep(lookInterval)
	}
}

// watch waits for the end of a query.
func watch(done <-chan error) outcome {
	limit := time.NewTimer(muchLater)
	defer limit.Stop()
	select {
	case err := <-done:
		return outcome{returned: true, err: err}
	case <-limit.C:
		return outcome{}
	}
}

// open returns a pool of one connection, which has been used, and which closes
// with the trial.
func open(x *claim.Trial, e engine) *sql.DB {
	x.Helper()
	db, err := sql.Open(e.driver, e.source)
	if err != nil {
		x.Fatal(err)
	}
	x.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if err := db.PingContext(x.Context()); err != nil {
		x.Fatal(err)
	}
	return db
}

// counts reports whether a query that counts finds any.
func counts(query string) func(*sql.DB) bool {
	return func(db *sql.DB) bool {
		n := 0
		return db.QueryRow(query).Scan(&n) == nil && n > 0
	}
}
