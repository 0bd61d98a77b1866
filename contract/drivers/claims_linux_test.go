// SPDX-License-Identifier: Apache-2.0

package drivers

import (
	"context"
	"errors"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

func catalogue() []claim.Claim { return []claim.Claim{d21(), d22(), d23()} }

// d21 is about a database in the process.
func d21() claim.Claim {
	return claim.Claim{
		ID:   "D21",
		Told: "A context that is cancelled during a query frees its connection at once: SQLite, with modernc.org/sqlite.",
		Trial: func(x *claim.Trial) {
			o := cancelQuery(x, inSQLite(x))
			returnsAtOnce(x, o)
			x.Told(o.kept && o.next == nil, "the next query gets that connection")
			x.Fact(o.kept && o.next == nil, "The driver interrupts the query and keeps the connection, which serves the next one.")
		},
		So: "A context bounds a query. Nothing is left behind.",
	}
}

// d22 is about PostgreSQL.
func d22() claim.Claim {
	return claim.Claim{
		ID:   "D22",
		Told: "A context that is cancelled during a query frees its connection at once: PostgreSQL, with pgx and database/sql.",
		Trial: func(x *claim.Trial) {
			o := cancelQuery(x, postgres(x))
			returnsAtOnce(x, o)
			gaveUpConnection(x, o)
			x.Told(!o.goesOn, "the server stops the query")
			x.Fact(!o.goesOn, "The driver sends a cancel request, on a connection of its own and in the background, and the server stops the query (pgconn, asyncClose).")
		},
		So: "A context bounds a query, but each one that it cuts costs a connection and its session (temporary tables, locks, settings): many at a time are a storm of new connections. In a stop let queries end, and cut the rest once.",
	}
}

// d23 is about MariaDB, and the protocol that it shares with MySQL.
func d23() claim.Claim {
	return claim.Claim{
		ID:   "D23",
		Told: "A context that is cancelled during a query frees its connection at once: MariaDB, with go-sql-driver/mysql.",
		Trial: func(x *claim.Trial) {
			o := cancelQuery(x, mariadb(x))
			returnsAtOnce(x, o)
			gaveUpConnection(x, o)
			x.Told(!o.goesOn, "the server stops the query")
			x.Fact(o.goesOn, "The driver only closes its connection. The server does not notice while it works: a second later the query is still there.")
		},
		So: "A context bounds how long you wait, not how long the server works. Bound that there: max_statement_time in MariaDB, max_execution_time in MySQL, or KILL QUERY from another connection. A retry runs beside what it retries.",
	}
}

// returnsAtOnce is what the drivers have in common.
func returnsAtOnce(x *claim.Trial, o outcome) {
	x.Helper()
	x.Told(o.returned, "the query returns at once")
	x.Measured(o.returned && errors.Is(o.err, context.Canceled), "The call returns context.Canceled at once.", "after %d µs; %s", o.took.Microseconds(), o.version)
}

// gaveUpConnection: there is room in the pool, but no connection.
func gaveUpConnection(x *claim.Trial, o outcome) {
	x.Helper()
	x.Told(o.next == nil, "there is room in the pool for the next query")
	x.Told(o.kept, "the next query gets that connection")
	x.Fact(o.next == nil && !o.kept, "The driver gives the connection up, whether the query could be stopped or not: the next query opens a new one.")
}
