// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares v as JSON with a file.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")) // git on Windows
	if !bytes.Equal(got, want) {
		t.Errorf("not as in %s, which -update writes:\n%s", file, got)
	}
}

// A tree in which everything has happened.
func TestSurvey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		root := New(t.Context(), "shop", WithPolicy(Isolate), RecoverPanics(nil))
		web := New(root.Context(), "web", WithAges(), WithLimit(5), WithPolicy(CollectAll))
		jobs := New(root.Context(), "jobs")
		release := make(chan struct{})
		mustGo(t, root, "bad", returns(errTest))
		mustGo(t, root, "panics", thePlaceOfThePanic)
		mustGo(t, root, "exits", func(context.Context) error { runtime.Goexit(); return nil })
		mustGo(t, root, "good", returns(nil))
		for range 5 {
			mustGo(t, web, "handler", until(release))
			time.Sleep(20 * time.Second)
		}
		go web.Go(t.Context(), "waits", returns(nil))
		for _, used := range []time.Duration{time.Second, 40 * time.Second, time.Minute} {
			_ = mustStart(t, root, "query", sleeps(used), Timeout(time.Minute)).Wait(t.Context())
		}
		mustGo(t, jobs, "b", until(release))
		mustGo(t, jobs, "a", until(release))
		synctest.Wait()
		first := root.Survey()
		if first.Sched == nil || first.Sched.Goroutines == 0 || first.Sched.Procs == 0 {
			t.Errorf("Sched: %+v", first.Sched)
		}
		first.Sched, first.Taken = nil, first.Taken.UTC() // not of this machine
		golden(t, "survey.json", first)

		time.Sleep(time.Hour)
		jobs.Cancel(errTest)
		root.Shut(nil)
		_ = root.Go(t.Context(), "late", returns(nil))
		time.Sleep(time.Second)
		ended, cancel := context.WithTimeout(t.Context(), 0)
		defer cancel()
		_ = jobs.Close(ended)
		second := root.Survey()
		second.Sched, second.Taken = nil, second.Taken.UTC()
		golden(t, "survey-later.json", second)
		close(release)
		_ = root.Stop()
	})
}

// An empty scope's lists are lists.
func TestSurveyOfNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		v := s.Survey()
		v.Sched, v.Taken = nil, v.Taken.UTC()
		golden(t, "survey-empty.json", v)
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

// Ages without WithAges count from the first survey that has seen the task.
func TestSurveyAges(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := New(t.Context(), "s")
		child := New(s.Context(), "exact", WithAges())
		for range 2 {
			mustGo(t, s, "task", untilTaken)
			mustGo(t, child, "task", untilTaken)
			time.Sleep(time.Minute)
			_ = s.Survey()
			time.Sleep(time.Minute)
		}
		v := s.Survey()
		for i, want := range []Group{
			{Scope: "s", Task: "task", Count: 2, Oldest: 3 * time.Minute, Youngest: time.Minute, Ages: [6]int{2: 1, 3: 1}},
			{Scope: "s/exact", Task: "task", Count: 2, Oldest: 4 * time.Minute, Youngest: 2 * time.Minute, Ages: [6]int{3: 2}},
		} {
			if got := fmt.Sprintf("%+v", v.Groups[i]); got != fmt.Sprintf("%+v", want) {
				t.Errorf("got  %v\nwant %+v", got, want)
			}
		}
		wantErr(t, "Stop", s.Stop(), nil)
	})
}

func TestAgeBuckets(t *testing.T) {
	for age, want := range map[time.Duration]int{
		0: 0, time.Second: 0, time.Second + 1: 1, 10 * time.Second: 1, 11 * time.Second: 2, time.Minute: 2,
		time.Minute + 1: 3, 10 * time.Minute: 3, time.Hour: 4, time.Hour + 1: 5, 1000 * time.Hour: 5,
	} {
		if got := ageBucket(age); got != want {
			t.Errorf("age %v: bucket %d, want %d", age, got, want)
		}
	}
}

// What a survey says of one scope adds up at any time, and a task that runs all the
// time is in each survey once.
func TestSurveyRace(t *testing.T) {
	s := New(t.Context(), "s", WithPolicy(Isolate))
	mustGo(t, s, "stays", untilCut)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range 500 {
				err := errTest
				if i%2 == 0 {
					err = nil
				}
				_ = s.Go(t.Context(), "comes and goes", returns(err))
			}
		})
	}
	for range 300 {
		v := s.Survey()
		i, running, stays := v.Scopes[0], 0, 0
		for _, g := range v.Groups {
			running += g.Count
			if g.Task == "stays" {
				stays = g.Count
			}
		}
		if running != i.Running || stays != 1 || i.Admitted != uint64(i.Running)+i.OK+i.Failed {
			t.Fatalf("%d in groups, %d that stay, %+v", running, stays, i)
		}
	}
	wg.Wait()
	wantErr(t, "Stop", s.Stop(), nil)
}
