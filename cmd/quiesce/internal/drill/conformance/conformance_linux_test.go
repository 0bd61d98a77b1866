// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const (
	// atOnce is how many drills there are at once: with more, two processors have no
	// time for the clients.
	atOnce = 2

	// patience is how often a drill is made again that was INCONCLUSIVE because the
	// machine was too busy.
	patience = 8
)

// TestZoo drills every species with every seed.
func TestZoo(t *testing.T) {
	p, err := build()
	if err != nil {
		t.Fatal(err)
	}
	seeds := seeds(t)
	turns := make(chan struct{}, atOnce)
	for _, h := range p.houses {
		all, err := h.species()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			t.Run(h.name+"/"+s.Name, func(t *testing.T) {
				t.Parallel()
				turns <- struct{}{}
				defer func() { <-turns }()
				p.drillAll(t, &s, seeds)
			})
		}
	}
	for _, name := range p.missing {
		t.Run(name, func(t *testing.T) { t.Skipf("%s is not installed", name) })
	}
}

func seeds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("QUIESCE_ZOO_SEEDS")
	if text == "" {
		return 3
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("QUIESCE_ZOO_SEEDS=%s: want a number from 1 up", text)
	}
	return n
}

// drillAll drills a species with each seed, and logs a line of the table.
func (p *programs) drillAll(t *testing.T, s *species, seeds int) {
	began := time.Now()
	verdicts, checks, again := map[record.Verdict]int{}, map[string]int{}, 0
	for seed := 1; seed <= seeds; seed++ {
		r := p.drill(t, s, seed)
		for tries := 1; s.correct() && r.busy() && tries < patience; tries++ {
			again++
			r = p.drill(t, s, seed)
		}
		verdicts[r.run.Verdict]++
		for _, id := range r.with(record.Fail) {
			checks[id]++
		}
		if text := r.wrong(s); text != "" {
			t.Errorf("seed %d: %s%s", seed, text, r.story())
		}
	}
	note := ""
	if again > 0 {
		note = fmt.Sprintf(", %d again because the machine was busy", again)
	}
	t.Logf("%s | %s | %.1fs a drill%s", counts(verdicts), counts(checks), time.Since(began).Seconds()/float64(seeds+again), note)
}

// counts returns "PASS 3", the most frequent first.
func counts[K ~string](of map[K]int) string {
	keys := slices.SortedFunc(maps.Keys(of), func(a, b K) int {
		if of[a] != of[b] {
			return of[b] - of[a]
		}
		return strings.Compare(string(a), string(b))
	})
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%s %d", k, of[k])
	}
	return strings.Join(parts, ", ")
}

// TestSpecies looks at what the zoo says of itself: the checks that it names exist, no
// name is there twice, and each program has correct servers and broken ones.
func TestSpecies(t *testing.T) {
	p, err := build()
	if err != nil {
		t.Fatal(err)
	}
	broken, kinds := 0, map[string]bool{}
	for _, h := range p.houses {
		all, err := h.species()
		if err != nil {
			t.Fatal(err)
		}
		seen, correct := map[string]bool{}, 0
		for _, s := range all {
			if seen[s.Name] {
				t.Errorf("%s: two are called %s", h.name, s.Name)
			}
			seen[s.Name] = true
			if s.correct() {
				correct++
				continue
			}
			broken++
			kinds[s.Name] = true
			for _, id := range slices.Concat(s.Finds, s.Also) {
				if _, ok := judge.Lookup(id); !ok {
					t.Errorf("%s/%s: there is no check %q", h.name, s.Name, id)
				}
			}
		}
		if correct == 0 || correct == len(all) {
			t.Errorf("%s: %d of %d are correct", h.name, correct, len(all))
		}
	}
	if want := 30; len(kinds) < want {
		t.Errorf("there are %d kinds of broken servers, want %d", len(kinds), want)
	}
	t.Logf("%d broken servers of %d kinds", broken, len(kinds))
}

// TestFound holds each check that can fail against the zoo: one that no broken server
// fails is not tested.
func TestFound(t *testing.T) {
	p, err := build()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, h := range p.houses {
		all, err := h.species()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			for _, id := range s.Finds {
				found[id] = true
			}
		}
	}
	for _, e := range judge.Catalog() {
		if judge.Switchable(e.ID) && !found[e.ID] {
			t.Errorf("no server of the zoo is there to fail %s", e.ID)
		}
	}
}
