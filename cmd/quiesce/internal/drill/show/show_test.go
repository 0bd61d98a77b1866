// SPDX-License-Identifier: Apache-2.0

package show

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// forms are the forms that a run can be printed in, by the name of the golden file.
var forms = map[string]func(io.Writer, *record.Run) error{
	"txt":       func(w io.Writer, r *record.Run) error { return Text(w, r, Style{}) },
	"color.txt": func(w io.Writer, r *record.Run) error { return Text(w, r, Style{Color: true, Width: 120}) },
	"json":      JSON,
	"junit.xml": JUnit,
	"sarif":     SARIF,
	"md":        Markdown,
	"html":      HTML,
}

// noGolden are the forms of which other tests look at the structure: html and sarif hold
// the texts of the checks, which others write, and json has a field more now and then.
var noGolden = []string{"html", "sarif", "json"}

func printed(t *testing.T, form string, run *record.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := forms[form](&b, run); err != nil {
		t.Fatalf("%s: %v", form, err)
	}
	return b.String()
}

// TestGolden: every form of a drill that fails and of one that passes. After a change
// look at what is different before you commit it.
func TestGolden(t *testing.T) {
	for name, run := range map[string]*record.Run{"fail": sampleFail(), "pass": samplePass()} {
		for form := range forms {
			if slices.Contains(noGolden, form) {
				continue
			}
			file := filepath.Join("testdata", name+"."+form)
			got := printed(t, form, run)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs from what it was; go test -update writes it anew\n%s", file, firstDifference(got, string(want)))
			}
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + cut(g[i], 300) + "\nwant " + cut(w[i], 300)
		}
	}
	return "one ends before the other"
}

// TestStoredJSON: what was kept when the record had fewer fields still reads the same.
func TestStoredJSON(t *testing.T) {
	for name, sample := range map[string]*record.Run{"fail": sampleFail(), "pass": samplePass()} {
		file := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(file, []byte(printed(t, "json", sample)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		run, err := FromJSON(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := printed(t, "txt", run), printed(t, "txt", sample); got != want {
			t.Errorf("%s: %s", file, firstDifference(got, want))
		}
	}
}

func TestJSONComesBack(t *testing.T) {
	for _, run := range []*record.Run{sampleFail(), samplePass()} {
		back, err := FromJSON(strings.NewReader(printed(t, "json", run)))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, run) {
			t.Error("a run is not the same after JSON")
		}
	}
}

func TestFromJSONRefuses(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{``, "EOF"},
		{`[]`, "cannot unmarshal"},
		{`{}`, "not the report of a drill"},
		{`{"schema":1,"app":"shop"}`, "not the report of a drill"},
		{`{"schema":2,"setup":{}}`, "schema 2; this quiesce knows schema 1"},
		{`{"schema":1,"setup":{}} {}`, "more than one JSON value"},
		{`{"schema":1,"setup":{},"rounds":[{"began":"x"}]}`, "cannot unmarshal"},
	} {
		if _, err := FromJSON(strings.NewReader(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("FromJSON(%q): %v, want an error with %q", tt.in, err, tt.want)
		}
	}
	if _, err := FromJSON(strings.NewReader(`{"schema":1,"setup":{},"new":1}`)); err != nil {
		t.Errorf("a field that is new: %v", err)
	}
}

// TestTextOrder: the verdict first, the replay line last, and lines that fit.
func TestTextOrder(t *testing.T) {
	text := printed(t, "txt", sampleFail())
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if !strings.HasPrefix(lines[0], "FAIL  ") {
		t.Errorf("the first line is %q", lines[0])
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "replay  quiesce drill --seed") {
		t.Errorf("the last line is %q", last)
	}
	for _, want := range []string{
		"round 7  ", // the round that hangs has a finding
		"timed-out", "shop/main.go:61", "lost                 ", "(the worst of 14)", "shrunk ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("colours without being asked")
	}
	for _, line := range lines {
		if n := len([]rune(line)); n > usualWidth && !regexp.MustCompile(`^  lost |^replay|\.go:`).MatchString(line) {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// TestColorOnlyAdds: without the colours the text is the same.
func TestColorOnlyAdds(t *testing.T) {
	var plain, colored bytes.Buffer
	if err := Text(&plain, sampleFail(), Style{}); err != nil {
		t.Fatal(err)
	}
	if err := Text(&colored, sampleFail(), Style{Color: true}); err != nil {
		t.Fatal(err)
	}
	sgr := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	bare := regexp.MustCompile(`(?m) +$`).ReplaceAllString(sgr.ReplaceAllString(colored.String(), ""), "")
	if bare != plain.String() {
		t.Error(firstDifference(bare, plain.String()))
	}
	if n := len(sgr.FindAllString(colored.String(), -1)); n < 50 {
		t.Errorf("%d changes of colour", n)
	}
}

// TestHang: the time in which nothing happens does not press the rest into a corner.
func TestHang(t *testing.T) {
	run := sampleFail()
	r := &run.Rounds[6]
	a := axisOf(r)
	if left := a.on - a.gap; left < 9*time.Second {
		t.Fatalf("%v left out of a stop that hangs for 10s", left)
	}
	if s := a.share(r.Signalled + 40*ms); s < 0.6 {
		t.Errorf("40ms after the signal is at %.2f", s)
	}
	for _, k := range a.ticks(9) {
		if k.at > a.gap && k.at < a.on {
			t.Errorf("tick %s lies in what is left out", k.label)
		}
	}
	last := 0.0
	for at := a.from; at <= a.to; at += (a.to - a.from) / 1000 {
		s := a.share(at)
		if s < last || s > 1 {
			t.Fatalf("share(%v) = %v after %v", at, s, last)
		}
		last = s
	}
	run.Rounds = run.Rounds[6:7]
	if text := printed(t, "txt", run); !strings.Contains(text, "leaves out 9.") || !strings.Contains(text, "abandoned") {
		t.Errorf("the text does not say what it leaves out:\n%s", text)
	}
}

// TestHistogramLosesNothing: what is within the axis is in its bins, however wide.
func TestHistogramLosesNothing(t *testing.T) {
	r := &sampleFail().Rounds[1]
	want := 0
	for _, l := range r.Loads {
		for _, b := range l.Buckets {
			want += b.Answered + b.Safe + b.Refused + b.Lost
		}
	}
	for _, n := range []int{1, 2, 7, 30, 90, 1000} {
		h := histogramOf(r.Loads, axisOf(r), n)
		got := 0
		for i := range h.bins {
			got += h.bins[i].sum()
		}
		if got != want || len(h.bins) > n+2 {
			t.Errorf("%d in %d bins, want %d in about %d", got, len(h.bins), want, n)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{short(0), "0ms"},
		{short(640 * time.Microsecond), "640µs"},
		{short(4213 * time.Microsecond), "4.21ms"},
		{short(-37 * time.Millisecond), "-37ms"},
		{short(2314 * time.Millisecond), "2.31s"},
		{short(72 * time.Second), "1m12s"},
		{relative(37 * time.Millisecond), "+37ms"},
		{count(0), "0"},
		{count(-1234567), "-1,234,567"},
		{count(999), "999"},
		{plural(1, "stop"), "1 stop"},
		{plural(1200, "stop"), "1,200 stops"},
		{percent(0.00526), "0.53 %"},
		{percent(0.000001), "under 0.01 %"},
		{oneIn(3.0 / 8412), "1 in 2,804"},
		{clean("a b"), "a b"},
		{clean("\x1b[31m\n\u202e\xff"), `\x1b[31m\n\u202e\xff`},
		{cut("abcdef", 4), "abc…"},
		{boundText(&record.Bound{}), "no stop under load: nothing is proven"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

// TestJSONEscapes: what a terminal may obey is escaped, and reads the same.
func TestJSONEscapes(t *testing.T) {
	run := &record.Run{Schema: record.Schema, Reason: "é \u009b1m \u202e \U000e0041 \x1b"}
	out := printed(t, "json", run)
	if want := `"reason":"é \u009b1m \u202e \udb40\udc41 \u001b"`; !strings.Contains(out, want) {
		t.Errorf("no %s in %s", want, out)
	}
	if back, err := FromJSON(strings.NewReader(out)); err != nil || back.Reason != run.Reason {
		t.Errorf("read back %q, %v", back.Reason, err)
	}
}
