// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"database/sql"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"sync"

	_ "modernc.org/sqlite" // registers the driver

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// An Outbox is what no client sees: what became of the orders behind the API.
type Outbox struct {
	Stored      int    // orders
	Unpublished int    // orders that a process has left unpublished
	Again       int    // orders that the broker got more than once, which is allowed
	Damage      string // what SQLite itself finds wrong with the file; "" for nothing
}

func (o *Outbox) ok() bool { return o.Unpublished == 0 && o.Damage == "" }

// A watch looks into the database after each stop, when no process has it.
type watch struct {
	drill.Progress
	ctx    context.Context // of the demo
	db     string
	broker *broker
	left   map[string]bool // orders that a process has left unpublished
	seen   Outbox
	err    error // the first
}

// Round is called between two lives of the server.
func (w *watch) Round(r *record.Round, done, planned int) {
	w.Progress.Round(r, done, planned)
	if err := w.look(); err != nil && w.err == nil {
		w.err = err
	}
}

func (w *watch) look() error {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: w.db}).EscapedPath())
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.QueryRowContext(w.ctx, `PRAGMA integrity_check`).Scan(&w.seen.Damage); err != nil {
		return err
	}
	if w.seen.Damage == "ok" {
		w.seen.Damage = ""
	}
	rows, err := db.QueryContext(w.ctx, `SELECT id, published FROM orders`)
	if err != nil {
		return err
	}
	defer rows.Close()
	w.seen.Stored, w.seen.Again = 0, 0
	for rows.Next() {
		var id string
		var published bool
		if err := rows.Scan(&id, &published); err != nil {
			return err
		}
		n := w.broker.deliveries(id)
		w.seen.Stored++
		if !published || n == 0 {
			w.left[id] = true
		}
		if n > 1 {
			w.seen.Again++
		}
	}
	w.seen.Unpublished = len(w.left)
	return rows.Err()
}

// A broker is the far end of the outbox: it counts how often each order came.
type broker struct {
	server http.Server
	url    string

	mu       sync.Mutex
	received map[string]int // by order id; guarded by mu
}

func newBroker() (*broker, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &broker{url: "http://" + ln.Addr().String() + "/publish", received: make(map[string]int)}
	b.server.Handler = http.HandlerFunc(b.publish)
	go b.server.Serve(ln) // ends with close
	return b, nil
}

func (b *broker) close() { b.server.Close() }

func (b *broker) publish(w http.ResponseWriter, r *http.Request) {
	var o struct{ ID string }
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	b.received[o.ID]++
	b.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// deliveries returns how often an order came.
func (b *broker) deliveries(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.received[id]
}
