// SPDX-License-Identifier: Apache-2.0

// Command goker runs one of the leaks that are part of the Go distribution, which are
// laid over this folder when it is built, and tells what became of it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/internal/goroutine"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/scope"
)

// What the cases want of their own main.go.
const yieldCount = 10

var cmds = map[string]func(){}

func register(name string, f func()) { cmds[name] = f }

func registerInit(string, func()) {}

// A verdict is what is told of a case, as JSON.
type verdict struct {
	Left   int                // goroutines of the case that are there when its function has returned
	Timers int                // of how many nobody knows whose they are: functions of timers have no labels
	Proven int                // of how many of the others the runtime says that they can never wake
	Leaks  []quiescetest.Leak // what the scope says
	Note   string             // of the scope's survey
}

// scopeName is that of the scope in which a governed case runs.
const scopeName = "goker"

// main prints the names of all cases, or runs that of os.Args[2]: "bare" or "governed".
func main() {
	if len(os.Args) < 3 {
		for _, name := range slices.Sorted(maps.Keys(cmds)) {
			fmt.Println(name)
		}
		return
	}
	out := os.Stdout
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	check(err)
	os.Stdout = null // the cases print profiles
	run := map[string]func(string) verdict{"bare": bare, "governed": governed}[os.Args[1]]
	check(json.NewEncoder(out).Encode(run(os.Args[2])))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bare runs a case as its own main function would, on a goroutine.
func bare(name string) (v verdict) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		cmds[name]()
	}()
	<-done
	v.Proven = proven(func(goroutine.Labels) bool { return true })
	v.Left = count(goroutine.Profile, nil)
	return v
}

// governed runs a case in a task. It asks again while goroutines come and go.
func governed(name string) (v verdict) {
	s := scope.New(context.Background(), scopeName)
	f := cmds[name]
	check(s.Go(context.Background(), name, func(context.Context) error { f(); return nil }))
	check(s.Wait(context.Background()))
	for range 20 {
		v.Proven = proven(hasLabels)
		v.Left = count(goroutine.Profile, nil)
		survey := s.Inspect()
		v.Leaks, v.Note = quiescetest.Classify(survey), survey.Note
		if v.Left == count(goroutine.Profile, nil) {
			break
		}
	}
	v.Timers = v.Left - count(goroutine.Profile, hasLabels)
	return v
}

func hasLabels(l goroutine.Labels) bool { return len(l) > 0 }

// proven asks the runtime itself. What waits for a mutex is often proved only the second
// time.
func proven(keep func(goroutine.Labels) bool) (n int) {
	for range 3 {
		n = count(goroutine.LeakProfile, keep)
	}
	return n
}

// count counts goroutines that run the code of cases, which is all in package main.
func count(profile func(func(goroutine.Labels) bool) ([]goroutine.Stack, error), keep func(goroutine.Labels) bool) (n int) {
	stacks, err := profile(keep)
	check(err)
	for _, s := range stacks {
		if slices.ContainsFunc(s.Frames, ofCase) {
			n += s.Count
		}
	}
	return n
}

func ofCase(f goroutine.Frame) bool {
	return strings.HasPrefix(f.Function, "main.") && filepath.Base(f.File) != "main.go"
}
