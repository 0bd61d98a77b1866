// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// edge is one way from a state to another.
type edge struct{ from, to string }

// tableEdges are the ways that the one table of states allows.
func tableEdges() map[edge]bool {
	edges := make(map[edge]bool)
	for _, row := range stateTable {
		for _, next := range row.next {
			edges[edge{row.name, next.String()}] = true
		}
	}
	return edges
}

// diagramEdges reads a drawing: names with ──> between them, and below them
// arcs that leave a name at └ and come up to another at ┘.
func diagramEdges(t *testing.T, lines []string) map[edge]bool {
	t.Helper()
	edges := make(map[edge]bool)
	names := strings.Split(lines[0], " ──> ")
	var span []int // of each name's end, in runes
	col := 0
	for i, name := range names {
		col += len([]rune(name))
		span = append(span, col)
		col += len([]rune(" ──> "))
		if i > 0 {
			edges[edge{names[i-1], name}] = true
		}
	}
	at := func(col int) string { return names[slices.IndexFunc(span, func(end int) bool { return col < end })] }
	for _, line := range lines[1:] {
		from := ""
		for col, r := range []rune(line) {
			switch r {
			case '└':
				from = at(col)
			case '┘':
				edges[edge{from, at(col)}] = true
			}
		}
	}
	return edges
}

// findDiagram returns the drawing in a file, without what stands before each line.
func findDiagram(t *testing.T, file, prefix string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var diagram []string
	for line := range strings.Lines(string(data)) {
		line, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), prefix)
		if ok && (strings.HasPrefix(line, "new ──> ") || len(diagram) > 0 && strings.ContainsAny(line, "│└")) {
			diagram = append(diagram, line)
		} else if len(diagram) > 0 {
			return diagram
		}
	}
	t.Fatalf("%s: no diagram of the states", file)
	return nil
}

func TestStateDiagramsAgreeWithTheTable(t *testing.T) {
	want := tableEdges()
	for file, prefix := range map[string]string{"state.go": "//\t", "ARCHITECTURE.md": ""} {
		got := diagramEdges(t, findDiagram(t, file, prefix))
		for e := range want {
			if !got[e] {
				t.Errorf("%s: the diagram lacks %s -> %s", file, e.from, e.to)
			}
		}
		for e := range got {
			if !want[e] {
				t.Errorf("%s: the diagram has %s -> %s, the table has not", file, e.from, e.to)
			}
		}
	}
}

func TestDiagramEdgesReadsWhatItMust(t *testing.T) {
	got := diagramEdges(t, []string{"ab ──> cd ──> ef", " │             ▲", " └─────────────┘"})
	want := map[edge]bool{{"ab", "cd"}: true, {"cd", "ef"}: true, {"ab", "ef"}: true}
	if !maps.Equal(got, want) {
		t.Errorf("edges %v, want %v", got, want)
	}
}

// The states go one way, and the coarse view never goes back.
func TestStateTableGoesOneWay(t *testing.T) {
	for s, row := range stateTable {
		for _, next := range row.next {
			if next <= State(s) {
				t.Errorf("%v can go back to %v", State(s), next)
			}
		}
		var back State
		if err := back.UnmarshalText([]byte(row.name)); err != nil || back != State(s) {
			t.Errorf("%q reads as %v, %v", row.name, back, err)
		}
	}
	var s State
	if err := s.UnmarshalText([]byte("asleep")); err == nil {
		t.Error(`"asleep" reads as a state`)
	}
	for _, tt := range []struct {
		s      State
		coarse string
	}{{StateNew, "running"}, {StateRunning, "running"}, {StateDraining, "draining"}, {StateStopping, "draining"}, {StateStopped, "stopped"}} {
		if got := tt.s.Coarse(); got != tt.coarse {
			t.Errorf("%v is %q, want %q", tt.s, got, tt.coarse)
		}
	}
	if got := State(77).String() + " " + State(77).Coarse(); got != "state(77) state(77)" {
		t.Errorf("an unknown state prints as %q", got)
	}
}

// Reached is closed for the states that were passed over, too, and what the
// channels say agrees with the word.
func TestReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := New("shop")
		app.Add("db", Component{Start: func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			return ctx.Err()
		}})
		done := make(chan error)
		go func() { done <- app.Run(t.Context()) }()
		<-app.Reached(StateStarting)
		if isClosed(app.Reached(StateRunning)) || isClosed(app.Done()) || app.Ready() {
			t.Errorf("while %v, running or stopped counts as reached, or ready is %v", app.State(), app.Ready())
		}
		app.Shutdown(nil)
		if !isClosed(app.Reached(StateRunning)) || !isClosed(app.Reached(StateDraining)) || isClosed(app.Done()) {
			t.Error("after Shutdown running and draining are not reached, or stopped is")
		}
		if err := <-done; err != nil || !isClosed(app.Done()) {
			t.Errorf("Run returned %v, stopped is reached: %v", err, isClosed(app.Done()))
		}
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestReachedOfAnUnknownStatePanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "quiesce: Reached of an unknown state" {
			t.Errorf("panic %v", v)
		}
	}()
	New("shop").Reached(numStates)
}

func TestRunAgainReturnsErrStopped(t *testing.T) {
	app := New("shop")
	app.Add("db", Component{Stop: Nothing})
	app.Shutdown(nil)
	if err := app.Run(t.Context()); err != nil || app.State() != StateStopped {
		t.Errorf("Run after Shutdown returned %v in state %v", err, app.State())
	}
	if err := app.Run(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("the second Run returned %v, want ErrStopped", err)
	}
}
