// SPDX-License-Identifier: Apache-2.0

package goroutine

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// A group is goroutines with a label that nobody else has.
type group struct{ label string }

const groupKey = "group"

var groups atomic.Int64

func newGroup() *group { return &group{strconv.FormatInt(groups.Add(1), 10)} }

// launch runs f on a goroutine of the group. extra is a label that sorts before
// the group's.
func (g *group) launch(extra string, f func()) {
	labels := pprof.Labels(groupKey, g.label, "extra", extra)
	go pprof.Do(context.Background(), labels, func(context.Context) { f() })
}

func (g *group) has(l Labels) bool { return l.Get(groupKey) == g.label }

// stacks returns those of the group.
func (g *group) stacks(t *testing.T, profile func(func(Labels) bool) ([]Stack, error)) []Stack {
	t.Helper()
	all, err := profile(g.has)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Stacks come with counts, labels and frames, in an order that depends on
// nothing else.
func TestProfile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, c := newGroup(), make(chan int)
		for range 3 {
			g.launch("b", func() { receiveFrom(c) })
		}
		g.launch("a", func() { receiveFrom(c) })
		g.launch("b", func() {
			select {
			case <-c:
			case <-t.Context().Done():
			}
		})
		synctest.Wait()
		var got []string
		for _, s := range g.stacks(t, Profile) {
			text := s.Text()
			if !strings.Contains(text, "goroutine.TestProfile.func") || !strings.Contains(text, " goroutine/profile_test.go:") ||
				!strings.HasSuffix(strings.TrimSpace(text[:strings.LastIndex(text, ":")]), "pprof/runtime.go") {
				t.Errorf("frames:\n%s", text)
			}
			first, _, _ := strings.Cut(text, " ")
			got = append(got, fmt.Sprint(s.Count, " ", s.Labels, " ", s.Label("extra"), " ", path.Base(first)))
		}
		close(c)
		g2 := fmt.Sprintf("{%s %s}]", groupKey, g.label)
		want := []string{
			"1 [{extra a} " + g2 + " a goroutine.receiveFrom[...]",
			"3 [{extra b} " + g2 + " b goroutine.receiveFrom[...]",
			"1 [{extra b} " + g2 + " b goroutine.TestProfile.func1.3",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// Without a filter there is everything, this goroutine too; with one that takes
// nothing, nothing.
func TestProfileOfAllAndNone(t *testing.T) {
	all, err := Profile(nil)
	if err != nil {
		t.Fatal(err)
	}
	here := slices.ContainsFunc(all, func(s Stack) bool {
		return len(s.Labels) == 0 && s.Blocked() == "running" && strings.Contains(s.Text(), "goroutine.TestProfileOfAllAndNone ")
	})
	if !here {
		t.Errorf("this goroutine is missing in %v", all)
	}
	if all, err := Profile(func(Labels) bool { return false }); err != nil || len(all) != 0 {
		t.Errorf("%v, %v with nothing kept", all, err)
	}
}

// twice has two calls in one line.
//
//go:noinline
func twice(c chan int, first bool) { _ = first && receiveOK(c) || receiveOK(c) }

//go:noinline
func receiveOK(c chan int) bool { <-c; return true }

// Calls in one line have addresses of their own. In the text they are the same.
func TestProfileMergesWhatLooksTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, c := newGroup(), make(chan int)
		for i := range 5 {
			g.launch("", func() { twice(c, i < 2) })
		}
		synctest.Wait()
		if all := g.stacks(t, Profile); len(all) != 1 || all[0].Count != 5 {
			t.Errorf("not one stack of 5: %v", all)
		}
		close(c)
	})
}

// The text is that of the runtime's own text form, in other words.
func TestTextIsTheRuntimes(t *testing.T) {
	for _, b := range blockers {
		if b.want == "running" { // its top frames change
			continue
		}
		t.Run(b.name, func(t *testing.T) {
			g := newGroup()
			s := untilBlocked(t, g, b.want, b.block(t))
			var own bytes.Buffer
			if err := pprof.Lookup("goroutine").WriteTo(&own, 1); err != nil {
				t.Fatal(err)
			}
			var texts []string
			for record := range strings.SplitSeq(own.String(), "\n\n") {
				if strings.Contains(record, fmt.Sprintf("%q:%q", groupKey, g.label)) {
					texts = append(texts, textOf(record))
				}
			}
			if !slices.Contains(texts, s.Text()) {
				t.Errorf("got\n%s\nwant one of\n%s", s.Text(), strings.Join(texts, "\n"))
			}
		})
	}
}

// textOf turns the lines "#	0xADDRESS	function+0x1f	file:line" of a record
// into ours.
func textOf(record string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(record, "\n") {
		if fields := strings.Split(line, "\t"); len(fields) >= 4 && fields[0] == "#" {
			name, _, _ := strings.Cut(fields[2], "+0x")
			place := strings.Split(fields[len(fields)-1], "/")
			b.WriteString(name + " " + strings.Join(place[max(0, len(place)-2):], "/") + "\n")
		}
	}
	return b.String()
}

// Only the top of a stack is the runtime's business.
func TestTextOfTheRuntime(t *testing.T) {
	s := Stack{Frames: []Frame{{"runtime.gopark", "/go/src/runtime/proc.go", 1}, {"runtime.forcegchelper", "proc.go", 2}}}
	if got, want := s.Text(), "runtime.gopark runtime/proc.go:1\nruntime.forcegchelper proc.go:2\n"; got != want {
		t.Errorf("without any other: %q, want %q", got, want)
	}
	s.Frames = append(s.Frames, Frame{"main.f", "/src/app/main.go", 3}, Frame{"runtime.main", "proc.go", 4})
	if got, want := s.Text(), "main.f app/main.go:3\nruntime.main proc.go:4\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The order that stacks come in has no influence.
func TestMergeIsDeterministic(t *testing.T) {
	var all []Stack
	for i := range 60 {
		s := Stack{Count: 1 + i%3, Labels: Labels{{"k", strconv.Itoa(i % 2)}}}
		for j := range i % 5 {
			s.Frames = append(s.Frames, Frame{Function: "f", Line: j * (i % 4)})
		}
		all = append(all, s)
	}
	want := merge(slices.Clone(all))
	total := 0
	for i, s := range want {
		total += s.Count
		if i > 0 && compareLabels(want[i-1], s) == 0 && want[i-1].Count < s.Count {
			t.Errorf("the smaller first: %v", want)
		}
	}
	if total != 120 {
		t.Errorf("%d goroutines, want 120", total)
	}
	for range 20 {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got := merge(slices.Clone(all)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%v, then %v", want, got)
		}
	}
}
