// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // registers the driver
)

var (
	// ErrNotFound is returned for an order that nobody has made.
	ErrNotFound = errors.New("no such order")

	// ErrConflict is returned for an id that stands for another order already.
	ErrConflict = errors.New("another order has this id")
)

// An Order is what a client asked for, under an id that the client chose.
type Order struct {
	ID   string `json:"id"`
	Body string `json:"body"`
}

// A Store keeps orders in a SQLite file. An order and the note that it is still
// to be published are one row, so that they are stored together or not at all.
type Store struct{ db *sql.DB }

const schema = `
CREATE TABLE IF NOT EXISTS orders (
	seq       INTEGER PRIMARY KEY,
	id        TEXT    NOT NULL UNIQUE,
	body      TEXT    NOT NULL,
	published INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS outbox ON orders (seq) WHERE published = 0;`

// Open returns a store on a file that need not exist. It opens nothing yet.
func Open(path string) (*Store, error) {
	file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	file.RawQuery = url.Values{"_pragma": {
		"busy_timeout(5000)", // the demo looks into the file too
		"journal_mode(WAL)",
		"synchronous(FULL)", // what is acknowledged survives a power cut
	}}.Encode()
	db, err := sql.Open("sqlite", file.String())
	if err != nil {
		return nil, err
	}
	// SQLite has one writer. To wait in line here is fair; busy_timeout is not.
	db.SetMaxOpenConns(1)
	return &Store{db}, nil
}

// Migrate opens the file and makes its table.
func (s *Store) Migrate(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, schema)
	return err
}

// Close closes the file. It does not wait for calls in progress: they fail.
func (s *Store) Close() error { return s.db.Close() }

// Create stores an order and reports whether it is new. The same order again
// is not an error: the client may not have seen our answer.
func (s *Store) Create(ctx context.Context, o Order) (bool, error) {
	res, err := s.db.ExecContext(ctx, `INSERT INTO orders (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING`, o.ID, o.Body)
	if err != nil {
		return false, fmt.Errorf("create order %q: %w", o.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return true, err
	}
	first, err := s.Get(ctx, o.ID)
	if err == nil && first != o {
		err = fmt.Errorf("create order %q: %w", o.ID, ErrConflict)
	}
	return false, err
}

// Get returns an order.
func (s *Store) Get(ctx context.Context, id string) (Order, error) {
	o := Order{ID: id}
	err := s.db.QueryRowContext(ctx, `SELECT body FROM orders WHERE id = ?`, id).Scan(&o.Body)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Order{}, fmt.Errorf("get order %q: %w", id, err)
	}
	return o, nil
}

// Unpublished returns the oldest orders that are still to be published.
func (s *Store) Unpublished(ctx context.Context, limit int) ([]Order, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, body FROM orders WHERE published = 0 ORDER BY seq LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	defer rows.Close()
	var list []Order
	for rows.Next() {
		var o Order
		if err := rows.Scan(&o.ID, &o.Body); err != nil {
			return nil, fmt.Errorf("read outbox: %w", err)
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

// MarkPublished notes that the orders need not be published again.
func (s *Store) MarkPublished(ctx context.Context, list []Order) error {
	ids := make([]any, len(list))
	for i, o := range list {
		ids[i] = o.ID
	}
	places := strings.TrimSuffix(strings.Repeat("?,", len(ids)), ",")
	if _, err := s.db.ExecContext(ctx, `UPDATE orders SET published = 1 WHERE id IN (`+places+`)`, ids...); err != nil {
		return fmt.Errorf("mark published: %w", err)
	}
	return nil
}
