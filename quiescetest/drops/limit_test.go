// SPDX-License-Identifier: Apache-2.0

package drops

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// result has stops with that many lost requests.
func result(lost ...int) *Result {
	r := new(Result)
	for i, n := range lost {
		t := load.Tally{
			Name: "busy", Callers: 4, Connections: 4, Answered: 100, Lost: n, SafeToRetry: 2, Reconnects: 5,
			FoundClosed: 3, Told: 4, GoAways: 1, Outcomes: map[load.Outcome]int{load.OK: 100, load.Refused: 2},
		}
		if n > 0 {
			t.Outcomes[load.NoResponse] = n
		}
		r.Stops = append(r.Stops, Stop{
			Loads: []load.Tally{t, {Name: "idle", Callers: 1, Answered: 1, Outcomes: map[load.Outcome]int{load.OK: 1}}},
			Took:  200 * time.Millisecond, Gap: time.Duration(i+1) * time.Millisecond,
		})
	}
	return r
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name  string
		limit Limit
		want  string // in the error; empty: none
	}{
		{"max holds", Max(load.Lost, 4), ""},
		{"max", Max(load.Lost, 3), "stop 3: lost: 4, at most 3"},
		{"median holds", Median(load.Lost, 1), ""},
		{"median", Median(load.Lost, 0), "lost: 1 in the median stop, at most 0"},
		{"sum holds", Sum(load.NoResponse, 5), ""},
		{"sum", Sum(load.NoResponse, 4), "eof_no_response: 5 in 3 stops, at most 4"},
		{"outcome", Max(load.Refused, 1), "stop 2: refused: 2, at most 1"},
		{"class", Max(load.SafeToRetry, 1), "safe to retry: 2"},
		{"reconnects hold", Max(Reconnects, 1.25), ""},
		{"reconnects", Sum(Reconnects, 1), "reconnects per connection: 1.25 in 3 stops, at most 1"},
		{"told", Max(ToldToLeave, 3), "told to leave: 4"},
		{"GOAWAY", Max(GoAways, 0), "connections that got a GOAWAY: 1"},
		{"found closed", Max(FoundClosed, 2), "connections found closed: 3"},
		{"gap holds", MaxGap(3 * time.Millisecond), ""},
		{"gap", MaxGap(2 * time.Millisecond), "stop 3: 3ms without an answer, at most 2ms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := result(0, 1, 4).Check(tt.limit)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Check = %v, want %q", err, tt.want)
			}
		})
	}
}

// A result that says nothing holds no limit.
func TestCheckNeedsAResult(t *testing.T) {
	limited := result(0)
	limited.Stops[0].Loads[0].Outcomes[load.ClientLimit] = 1
	silent := result(0)
	silent.Stops[0].Loads = nil
	for want, r := range map[string]*Result{
		"no stop was made":     {},
		"out of files":         limited,
		"nothing was answered": silent,
	} {
		if err := r.Check(Max(load.Lost, 10)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check = %v, want %q", err, want)
		}
	}
}

// A failed is a test that notes its failures.
type failed struct{ text string }

func (*failed) Helper() {}

func (f *failed) Errorf(format string, args ...any) { f.text += fmt.Sprintf(format, args...) }

func TestHold(t *testing.T) {
	var f failed
	r := result(1)
	r.Hold(&f, Max(load.Lost, 1))
	if f.text != "" {
		t.Errorf("failed: %s", f.text)
	}
	r.Hold(&f, Max(load.Lost, 0), Max(load.Refused, 0))
	if want := "drops: stop 1: lost: 1, at most 0\nstop 1: refused: 2, at most 0\n" + r.String(); f.text != want {
		t.Errorf("failed with\n%s\nwant\n%s", f.text, want)
	}
}

func TestResultText(t *testing.T) {
	want := `
  stop  answered  lost  safe to retry  (refused)  reconnects  found closed  told to leave  GOAWAY  unserved  gap   took
     1       101     0              2          2         5/4             3              4       1         0  1ms  200ms
     2       101     3              2          2         5/4             3              4       1         0  2ms  200ms
   sum       202     3              4          4        10/8             6              8       2         0  2ms  400ms
busy: 4 refused (safe to retry), 3 eof_no_response (lost)
`
	if got := "\n" + result(0, 3).String(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}

func TestResultJSON(t *testing.T) {
	r := result(0, 3)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"outcomes":{"eof_no_response":3,"ok":100,"refused":2}`; !strings.Contains(string(text), want) {
		t.Errorf("%s is not in %s", want, text)
	}
	back := new(Result)
	if err := json.Unmarshal(text, back); err != nil || !reflect.DeepEqual(back, r) {
		t.Errorf("came back as %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"stops":[{"loads":[{"outcomes":{"x":1}}]}]}`), back); err == nil {
		t.Error("an unknown outcome is no error")
	}
}

func TestResultLoad(t *testing.T) {
	r := result(0, 3)
	idle := r.Load("idle").Total()
	if busy := r.Load("busy").Total(); idle.Answered != 2 || idle.Lost != 0 || busy.Lost != 3 {
		t.Errorf("idle = %+v, busy = %+v", idle, busy)
	}
}
