// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"slices"

	_ "modernc.org/sqlite" // registers the driver
)

// Findings is what the database says, held against what the clients know. The
// lists are of order ids, sorted.
type Findings struct {
	Stored      int      // rows
	Acked       int      // orders that clients have an acknowledgement of
	Unheard     int      // orders sent without an answer; either way is right for them
	UnheardKept int      // those of them that are stored
	Repeated    int      // orders published more than once, which is allowed
	Missing     []string // acknowledged and not stored
	Duplicate   []string // stored more than once
	Altered     []string // stored with another body than was sent
	Unknown     []string // stored but never sent
	Unpublished []string // acknowledged and not published when the last process had ended
	Damage      string   // what SQLite itself finds wrong with the file; "" for nothing
}

// A row is what the database has of one order.
type row struct {
	count     int
	body      string
	published bool
}

// check reads the database when nobody else has it any more.
func check(ctx context.Context, path string, l *ledger, b *broker) (*Findings, error) {
	rows, damage, err := readDB(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", path, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &Findings{Acked: len(l.acked), Unheard: len(l.sent) - len(l.acked), Damage: damage}
	for id, r := range rows {
		f.stored(id, r, l)
		if b.deliveries(id) > 1 {
			f.Repeated++
		}
	}
	for _, id := range l.acked {
		r, ok := rows[id]
		switch {
		case !ok:
			f.Missing = append(f.Missing, id)
		case !r.published || b.deliveries(id) == 0:
			f.Unpublished = append(f.Unpublished, id)
		}
	}
	for _, list := range [][]string{f.Missing, f.Duplicate, f.Altered, f.Unknown, f.Unpublished} {
		slices.Sort(list)
	}
	return f, nil
}

// stored holds one stored order against the ledger, whose lock is held.
func (f *Findings) stored(id string, r row, l *ledger) {
	f.Stored += r.count
	body, sent := l.sent[id]
	if sent && !l.ackedSet[id] {
		f.UnheardKept++
	}
	if r.count > 1 {
		f.Duplicate = append(f.Duplicate, id)
	}
	switch {
	case !sent:
		f.Unknown = append(f.Unknown, id)
	case r.body != body:
		f.Altered = append(f.Altered, id)
	}
}

// readDB returns every order, and the verdict of SQLite's own check.
func readDB(ctx context.Context, path string) (rows map[string]row, damage string, err error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		return nil, "", err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&damage); err != nil {
		return nil, "", err
	}
	if damage == "ok" {
		damage = ""
	}
	list, err := db.QueryContext(ctx, `SELECT id, body, published FROM orders`)
	if err != nil {
		return nil, "", err
	}
	defer list.Close()
	rows = make(map[string]row)
	for list.Next() {
		var id string
		var r row
		if err := list.Scan(&id, &r.body, &r.published); err != nil {
			return nil, "", err
		}
		r.count = rows[id].count + 1
		rows[id] = r
	}
	return rows, damage, list.Err()
}

// problems returns what is wrong, in words.
func (f *Findings) problems() []string {
	var out []string
	add := func(ids []string, what string) {
		if len(ids) > 0 {
			out = append(out, fmt.Sprintf("%s %s, %q among them", plural(len(ids), "order"), what, ids[0]))
		}
	}
	add(f.Missing, "acknowledged and not in the database")
	add(f.Duplicate, "in the database more than once")
	add(f.Altered, "with another body than was sent")
	add(f.Unknown, "in the database that nobody sent")
	add(f.Unpublished, "acknowledged and not published when the last process had ended")
	if f.Damage != "" {
		out = append(out, "the database is damaged: "+f.Damage)
	}
	return out
}

// plural reads "1 order", "2 orders".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
