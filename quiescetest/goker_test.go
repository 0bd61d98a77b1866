// SPDX-License-Identifier: Apache-2.0

//go:build linux

package quiescetest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/internal/goroutine"
	"github.com/go-quiesce/quiesce/quiescetest"
)

/*
GoKer are 63 leaks out of cockroach, etcd, grpc, kubernetes, moby and others, cut down to
a page each. The Go distribution has them to test its own leak profile, with further
leaks and some that only look like one. They are built where they are, as one program
with testdata/goker/main.go, and each runs in a process of its own.

Upstream marks most as flaky: whether they leak is a matter of scheduling. So a case is
tried again until it is proven, up to gokerTries times, every other time with more
threads. With QUIESCE_GOKER=10 each runs exactly ten times. Moby27782 as it is there
cannot leak: what it would wait for in vain is only done by who has a lock that it
holds itself while it waits.
*/

const (
	gokerCases    = 63
	gokerTries    = 4
	gokerParallel = 4                // at a time; the cases mostly sleep
	gokerTimeout  = 60 * time.Second // for one of them
)

// innocent cases have goroutines that can still wake: one that waits for a
// package's channel, and a thousand of which the last sleeps.
var innocents = []string{"NoLeakGlobal", "DaisyChain"}

// notRun: it ends its process by itself.
var notRun = map[string]string{"SelectNoCasesMain": "calls os.Exit"}

func TestGoKer(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the leaks of the Go distribution are not built and run")
	}
	g := buildGoKer(t)
	tries, exact := gokerTries, false
	if n, err := strconv.Atoi(os.Getenv("QUIESCE_GOKER")); err == nil && n > 0 {
		tries, exact = n, true
	}
	governed := g.runAll(t, "governed", tries, exact)
	bare := g.runAll(t, "bare", tries, exact)
	t.Run("classified", func(t *testing.T) { g.classified(t, governed) })
	t.Run("proven", func(t *testing.T) { g.proven(t, governed, bare, exact) })
	t.Run("innocent", func(t *testing.T) { g.innocent(t, governed) })
}

// classified: whatever goroutines of a case are left, the scope has each, with its task's
// path and a class. What timers call has no labels, and no owner that anybody knows.
func (g *goker) classified(t *testing.T, governed map[string][]gokerVerdict) {
	left := 0
	for name, verdicts := range governed {
		most := 0
		for _, v := range verdicts {
			if why := v.wrong(name); why != "" {
				t.Errorf("%s: %s", name, why)
			}
			most = max(most, v.Left-v.Timers)
		}
		switch {
		case !g.leaks[name]:
		case most > 0:
			left++
		case g.flaky[name]:
			t.Logf("%s has left nothing in %d runs", name, len(verdicts))
		default:
			t.Errorf("%s has left nothing in %d runs", name, len(verdicts))
		}
	}
	t.Logf("%d of %d cases have left something; all of it is classified", left, len(g.leaks))
}

// wrong says what the scope has not found, or not as it should.
func (v *gokerVerdict) wrong(name string) string {
	sum, proven := 0, 0
	for _, l := range v.Leaks {
		if l.Scope != "goker" || l.Task != name || !l.Orphan || (l.Class != quiescetest.LeakOrphan && l.Class != quiescetest.LeakProven) {
			return fmt.Sprintf("not an orphan of the task: %v", l)
		}
		sum += l.Count
		proven += l.Proven
	}
	if sum != v.Left-v.Timers || proven < v.Proven || v.Note != "" {
		return fmt.Sprintf("%d classified, %d as proven, of %d left, %d of timers, %d that can never wake; %s",
			sum, proven, v.Left, v.Timers, v.Proven, v.Note)
	}
	return ""
}

// proven: the scope hides nothing from the runtime.
func (g *goker) proven(t *testing.T, governed, bare map[string][]gokerVerdict, exact bool) {
	with, without := provenCases(g.leaks, governed), provenCases(g.leaks, bare)
	least := 58 // in a few tries
	if exact && len(governed["Moby4951"]) >= 10 {
		least = 60
	}
	if len(with) < least {
		t.Errorf("%d proven, want %d", len(with), least)
	}
	for name := range g.leaks {
		if without[name] > 0 && with[name] == 0 && !g.flaky[name] {
			t.Errorf("%s is only proven without a scope", name)
		}
		if !g.flaky[name] && with[name] == 0 {
			t.Errorf("%s is never proven, and not flaky", name)
		}
	}
	t.Logf("%d of %d cases proven in a task, %d without; in both %v", len(with), len(g.leaks), len(without), countBoth(with, without))
	for _, name := range slices.Sorted(maps.Keys(g.leaks)) {
		if n, m := len(governed[name]), len(bare[name]); with[name] < n || without[name] < m {
			t.Logf("%s: proven in %d of %d runs in a task, in %d of %d without", name, with[name], n, without[name], m)
		}
	}
}

func countBoth(a, b map[string]int) (n int) {
	for name := range a {
		if b[name] > 0 {
			n++
		}
	}
	return n
}

// provenCases counts the runs in which something was proven.
func provenCases(cases map[string]bool, verdicts map[string][]gokerVerdict) map[string]int {
	n := map[string]int{}
	for name := range cases {
		for _, v := range verdicts[name] {
			if v.Proven > 0 {
				n[name]++
			}
		}
	}
	return n
}

// innocent: what can wake is not proven.
func (g *goker) innocent(t *testing.T, governed map[string][]gokerVerdict) {
	for _, name := range innocents {
		verdicts := governed[name]
		if len(verdicts) == 0 {
			t.Errorf("%s was not run", name)
		}
		for _, v := range verdicts {
			if v.Proven != 0 || v.Left == 0 {
				t.Errorf("%s: %d of %d are proven", name, v.Proven, v.Left)
			}
		}
	}
}

// A goker is the program that was built.
type goker struct {
	exe    string
	names  []string        // of all cases
	leaks  map[string]bool // those that are GoKer's
	flaky  map[string]bool // whose leaks depend on scheduling, as upstream has it
	simple map[string]bool // that upstream runs with GOMAXPROCS=1
}

// A gokerVerdict is what the program tells of one run.
type gokerVerdict struct {
	Left, Timers, Proven int
	Leaks                []quiescetest.Leak
	Note                 string
}

func buildGoKer(t *testing.T) *goker {
	t.Helper()
	root := filepath.Join(goEnv(t, "GOROOT"), "src", "runtime")
	cases := filepath.Join(root, "testdata", "testgoroutineleakprofile")
	marks, err := os.ReadFile(filepath.Join(root, "goroutineleakprofile_test.go"))
	if _, missing := os.Stat(filepath.Join(cases, "goker")); err != nil || missing != nil {
		t.Skipf("this Go distribution has no GoKer: %v %v", err, missing)
	}
	g := &goker{
		exe:   filepath.Join(t.TempDir(), "goker"),
		leaks: map[string]bool{}, flaky: marked(marks, "makeFlakyTest"), simple: marked(marks, "makeTest"),
	}
	program, err := filepath.Abs(filepath.Join("testdata", "goker"))
	if err != nil {
		t.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for _, pattern := range []string{"*.go", "goker/*.go"} {
		files, err := filepath.Glob(filepath.Join(cases, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if name := filepath.Base(file); name != "main.go" {
				overlay.Replace[filepath.Join(program, name)] = file
				g.add(t, file, strings.HasPrefix(pattern, "goker"))
			}
		}
	}
	if len(g.leaks) != gokerCases {
		t.Fatalf("%d cases, want %d", len(g.leaks), gokerCases)
	}
	g.build(t, program, overlay)
	return g
}

var registered = regexp.MustCompile(`register\("(\w+)", `)

// add notes the cases of a file.
func (g *goker) add(t *testing.T, file string, leak bool) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range registered.FindAllSubmatch(source, -1) {
		name := string(m[1])
		if reason, ok := notRun[name]; ok {
			t.Logf("%s is not run: %s", name, reason)
			continue
		}
		g.names = append(g.names, name)
		if leak {
			g.leaks[name] = true
		}
	}
}

// marked finds what upstream's test says of cases: makeTest("Name", or makeFlakyTest.
// What it has only in a comment is too dangerous for it.
func marked(source []byte, function string) map[string]bool {
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`\t`+function+`\("(\w+)"`).FindAllSubmatch(source, -1) {
		names[string(m[1])] = true
	}
	return names
}

func (g *goker) build(t *testing.T, program string, overlay any) {
	t.Helper()
	data, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-overlay", file, "-o", g.exe, program)
	build.Env = os.Environ()
	if !goroutine.HasLeakProfile() {
		build.Env = append(build.Env, "GOEXPERIMENT=goroutineleakprofile") // needed before Go 1.27
	}
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// runAll runs every case, several at a time.
func (g *goker) runAll(t *testing.T, mode string, tries int, exact bool) map[string][]gokerVerdict {
	t.Helper()
	began := time.Now()
	all := map[string][]gokerVerdict{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, gokerParallel)
	for _, name := range g.names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			verdicts, err := g.runCase(t, mode, name, tries, exact)
			mu.Lock()
			defer mu.Unlock()
			if all[name] = verdicts; err != nil {
				t.Errorf("%s %s: %v", mode, name, err)
			}
		})
	}
	wg.Wait()
	t.Logf("%s: %v", mode, time.Since(began).Round(time.Second))
	return all
}

// runCase runs a case as often as asked, or until it is proven.
func (g *goker) runCase(t *testing.T, mode, name string, tries int, exact bool) (all []gokerVerdict, err error) {
	for try := range tries {
		v, err := g.run(t, mode, name, try)
		if err != nil {
			return all, err
		}
		all = append(all, v)
		if !exact && (v.Proven > 0 || !g.leaks[name]) {
			break
		}
	}
	return all, nil
}

// run runs a case once, with the settings that upstream uses.
func (g *goker) run(t *testing.T, mode, name string, try int) (v gokerVerdict, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), gokerTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.exe, mode, name)
	cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1")
	switch {
	case g.simple[name]:
		cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
	case try%2 == 1:
		cmd.Env = append(cmd.Env, "GOMAXPROCS=8")
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &v)
	}
	if err != nil {
		return v, fmt.Errorf("%w\n%s%s", err, out, stderr.String())
	}
	return v, nil
}
