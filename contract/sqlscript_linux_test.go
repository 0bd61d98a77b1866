// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// A script is a driver for database/sql without a database, so that what is
// seen is what database/sql itself does. Its queries are:
//
//	"rows"        three rows
//	"slow"        the same, when it is let go
//	"slow rows"   the same, but each row waits until it is let go
//	"no rows"     nothing
type script struct {
	manner manner
	gate   chan struct{} // closed to let go
	inside atomic.Int32  // calls that are in the driver
	open   atomic.Int32  // connections
}

// A manner is what a driver does when the context of a call ends.
type manner int

const (
	listensNot manner = iota // it has no methods with a context
	obeys                    // it interrupts the query and keeps the connection
	cuts                     // it gives up the connection
)

// withDB runs f in a bubble, where synctest.Wait says that nothing more will
// happen by itself. The pool has one connection.
func withDB(x *claim.Trial, m manner, f func(s *script, db *sql.DB)) {
	synctest.Test(x.TB.(*testing.T), func(*testing.T) {
		s := &script{manner: m, gate: make(chan struct{})}
		db := sql.OpenDB(s)
		db.SetMaxOpenConns(1)
		f(s, db)
		db.Close()
	})
}

func (s *script) Connect(context.Context) (driver.Conn, error) {
	s.open.Add(1)
	c := &scriptConn{s: s}
	if s.manner == listensNot {
		return c, nil
	}
	return &scriptConnContext{c}, nil
}

func (s *script) Driver() driver.Driver { return nil }

// wait is where a call is held up.
func (s *script) wait(ctx context.Context) error {
	s.inside.Add(1)
	defer s.inside.Add(-1)
	select {
	case <-s.gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type scriptConn struct {
	s      *script
	broken bool
}

func (c *scriptConn) Close() error { c.s.open.Add(-1); return nil }

func (c *scriptConn) Begin() (driver.Tx, error) { return scriptTx{}, nil }

func (c *scriptConn) Prepare(string) (driver.Stmt, error) {
	return nil, errors.New("no statements in the script")
}

func (c *scriptConn) Query(query string, _ []driver.Value) (driver.Rows, error) {
	return c.query(context.Background(), query)
}

func (c *scriptConn) query(ctx context.Context, query string) (driver.Rows, error) {
	rows := &scriptRows{c: c, ctx: ctx, left: 3}
	switch query {
	case "slow":
		if err := c.s.wait(ctx); err != nil {
			c.broken = c.s.manner == cuts
			return nil, err
		}
	case "slow rows":
		rows.slow = true
	case "no rows":
		rows.left = 0
	}
	return rows, nil
}

// scriptConnContext adds what a driver of our days has.
type scriptConnContext struct{ *scriptConn }

func (c *scriptConnContext) QueryContext(ctx context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	return c.query(ctx, query)
}

func (c *scriptConnContext) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return c.Begin()
}

func (c *scriptConnContext) IsValid() bool { return !c.broken }

type scriptTx struct{}

func (scriptTx) Commit() error   { return nil }
func (scriptTx) Rollback() error { return nil }

type scriptRows struct {
	c    *scriptConn
	ctx  context.Context
	slow bool
	left int
}

func (r *scriptRows) Columns() []string { return []string{"n"} }
func (r *scriptRows) Close() error      { return nil }

func (r *scriptRows) Next(dest []driver.Value) error {
	if r.slow {
		if err := r.c.s.wait(r.ctx); err != nil {
			return err
		}
	}
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	dest[0] = int64(r.left)
	return nil
}
