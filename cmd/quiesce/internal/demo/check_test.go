// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce"
)

// seedDB makes a database as a careless shop would: nothing in it forbids what
// the check has to find.
func seedDB(t *testing.T, rows ...[3]any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a shop?.db")
	db, err := sql.Open("sqlite", "file:"+strings.ReplaceAll(path, "?", "%3F"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE orders (id TEXT, body TEXT, published INTEGER)`); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if _, err := db.Exec(`INSERT INTO orders VALUES (?, ?, ?)`, r[0], r[1], r[2]); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// seedBooks returns a ledger in which "a" and "b" are acknowledged and "lost"
// was only sent, and a broker that has a and b.
func seedBooks() (*ledger, *broker) {
	l := newLedger()
	for _, id := range []string{"a", "b", "lost"} {
		l.begin(id, "body of "+id)
		l.end(answer{outcome: Answered}, true)
	}
	l.ack("a")
	l.ack("b")
	return l, &broker{received: map[string]int{"a": 1, "b": 1}}
}

func TestCheckFindsWhatIsBroken(t *testing.T) {
	a, b := [3]any{"a", "body of a", 1}, [3]any{"b", "body of b", 1}
	unpublished := [3]any{"b", "body of b", 0}
	for _, tt := range []struct {
		name    string
		rows    [][3]any
		spoil   func(*ledger, *broker)
		want    func(*Findings) []string
		problem string // "" if nothing is wrong
	}{
		{name: "all is well", rows: [][3]any{a, b}},
		{name: "unheard orders may be stored", rows: [][3]any{a, b, {"lost", "body of lost", 1}}},
		{
			name: "missing", rows: [][3]any{a},
			want: func(f *Findings) []string { return f.Missing }, problem: "not in the database",
		},
		{
			name: "duplicate", rows: [][3]any{a, b, b},
			want: func(f *Findings) []string { return f.Duplicate }, problem: "more than once",
		},
		{
			name: "altered", rows: [][3]any{a, {"b", "body", 1}},
			want: func(f *Findings) []string { return f.Altered }, problem: "another body",
		},
		{
			name: "not marked as published", rows: [][3]any{a, unpublished},
			want: func(f *Findings) []string { return f.Unpublished }, problem: "not published",
		},
		{
			name: "marked and never received", rows: [][3]any{a, b},
			spoil: func(_ *ledger, k *broker) { delete(k.received, "b") },
			want:  func(f *Findings) []string { return f.Unpublished }, problem: "not published",
		},
		{
			name: "unknown", rows: [][3]any{a, b},
			spoil: func(l *ledger, _ *broker) {
				delete(l.sent, "b")
				l.acked = l.acked[:1]
			},
			want: func(f *Findings) []string { return f.Unknown }, problem: "nobody sent",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, k := seedBooks()
			if tt.spoil != nil {
				tt.spoil(l, k)
			}
			f, err := check(t.Context(), seedDB(t, tt.rows...), l, k)
			if err != nil {
				t.Fatal(err)
			}
			problems := f.problems()
			if tt.problem == "" {
				if len(problems) != 0 || f.Acked != 2 || f.Unheard != 1 || f.Stored != len(tt.rows) || f.UnheardKept != len(tt.rows)-2 {
					t.Errorf("findings %+v, problems %q; want none", f, problems)
				}
				return
			}
			if got := tt.want(f); !slices.Equal(got, []string{"b"}) {
				t.Errorf("found %q, want b; all of it: %+v", got, f)
			}
			if len(problems) != 1 || !strings.Contains(problems[0], tt.problem) {
				t.Errorf("problems %q, want one with %q", problems, tt.problem)
			}
		})
	}
}

func TestCheckCountsRepeats(t *testing.T) {
	l, k := seedBooks()
	k.received["a"] = 3
	f, err := check(t.Context(), seedDB(t, [3]any{"a", "body of a", 1}, [3]any{"b", "body of b", 1}), l, k)
	if err != nil || f.Repeated != 1 || len(f.problems()) != 0 {
		t.Errorf("findings %+v, error %v; want one repeated order and no problem", f, err)
	}
}

func TestCheckNeedsTheTable(t *testing.T) {
	l, k := seedBooks()
	if f, err := check(t.Context(), filepath.Join(t.TempDir(), "empty.db"), l, k); err == nil {
		t.Errorf("findings %+v of a database without orders, want an error", f)
	}
}

func TestVerdictProblems(t *testing.T) {
	fine := Verdict{Counts: Counts{Answered: 1, Refused: 5, IdleEnded: 2}}
	if got := fine.Problems(); len(got) != 0 {
		t.Errorf("problems %q, want none", got)
	}
	for _, v := range []Verdict{
		{},
		{Counts: Counts{Answered: 1, Lost: 1}},
		{Counts: Counts{Answered: 1, Wrong: 1}},
		{Counts: Counts{Answered: 1, Cut: 1}},
		{Counts: Counts{Answered: 1}, Stops: []string{"round 1: exit code 2"}},
		{Counts: Counts{Answered: 1}, Findings: Findings{Damage: "page 3"}},
	} {
		if got := v.Problems(); len(got) != 1 {
			t.Errorf("%+v: problems %q, want one", v, got)
		}
	}
}

func TestBlameNamesHooks(t *testing.T) {
	got := blame(&quiesce.Report{Hooks: []quiesce.HookReport{
		{Component: "http", Hook: quiesce.HookDrain, Outcome: quiesce.TimedOut, Error: "2 busy"},
		{Component: "db", Hook: quiesce.HookStop, Outcome: quiesce.OK},
	}})
	if want := `; drain "http" timed-out 2 busy`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
