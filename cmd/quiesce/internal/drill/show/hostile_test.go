// SPDX-License-Identifier: Apache-2.0

package show

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// hostile is what a server may print to get out of where it is shown.
const hostile = "\x1b[2J\x1b]0;owned\a\r\n</script><script>alert(1)</script><img src=x onerror=alert(2)>" +
	"\" onload=\"alert(3)' &amp; ]]> ``` `` | <!-- \u202eevil\u2066 \u2028 \x00 \x9b1m \u009b1m \xff {{.}} javascript:alert(4) \U000e0041"

// fill puts a text into every string, and a number into every number, of a value.
func fill(v reflect.Value, text string, number int64) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, number)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type() != reflect.TypeFor[time.Time]() {
				fill(v.Field(i), text, number)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), text, number)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(text), reflect.ValueOf(int(number)))
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		v.SetInt(number)
	case reflect.Uint64:
		v.SetUint(uint64(number))
	case reflect.Float64:
		v.SetFloat(float64(number))
	}
}

// hostileRuns have the text in every field, with numbers that make sense and such that
// do not; and in the sample, where everything is shown.
func hostileRuns() []*record.Run {
	var runs []*record.Run
	for _, n := range []int64{0, 1, -1, int64(37 * ms), math.MaxInt64, math.MinInt64} {
		run := new(record.Run)
		fill(reflect.ValueOf(run).Elem(), hostile, n)
		runs = append(runs, run)
		if n != 1 {
			continue
		}
		for _, v := range []record.Verdict{record.Fail, record.Pass, record.Inconclusive, record.NotTried} {
			again := *run
			again.Checks = []record.Check{run.Checks[0], run.Checks[1]}
			again.Verdict, again.Checks[0].Verdict, again.Checks[1].Verdict = v, v, v
			runs = append(runs, &again)
		}
	}
	return runs
}

// TestHostile: whatever a text says, it is only a text in every form.
func TestHostile(t *testing.T) {
	for _, run := range hostileRuns() {
		for form := range forms {
			out := printed(t, form, run)
			checkForm(t, form, out)
			if form != "json" && !strings.Contains(out, "alert(4)") {
				t.Errorf("%s: the text is not there at all", form)
			}
		}
	}
}

// checkForm fails if something got out of its place.
func checkForm(t *testing.T, form, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%s: not UTF-8", form)
	}
	allowed := "\n"
	switch form {
	case "json":
		if !json.Valid([]byte(out)) {
			t.Errorf("%s: not JSON", form)
		}
	case "sarif":
		if !json.Valid([]byte(out)) {
			t.Errorf("%s: not JSON", form)
		}
	case "junit.xml":
		checkXML(t, out)
	case "html":
		checkHTML(t, out)
	case "color.txt":
		out = strings.ReplaceAll(out, "\x1b[", "")
	case "md":
		for _, bad := range []string{"<script>alert", "<img", "<!--"} {
			if before, _, found := strings.Cut(out, bad); found && strings.Count(before, "```")%2 == 0 && strings.Count(lastLine(before), "`")%2 == 0 {
				t.Errorf("%s: %q is HTML here: …%s", form, bad, lastLine(before))
			}
		}
	}
	if i := strings.IndexFunc(out, func(r rune) bool {
		return !strings.ContainsRune(allowed, r) && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
	}); i >= 0 {
		t.Errorf("%s: %q", form, out[max(0, i-40):min(len(out), i+10)])
	}
}

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }

func checkXML(t *testing.T, out string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(out)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("junit: %v", err)
			return
		}
	}
}

// TestStrangeShapes: runs that a drill never makes, but a file may hold.
func TestStrangeShapes(t *testing.T) {
	many := make([]record.Bucket, 5000)
	for i := range many {
		many[i] = record.Bucket{From: time.Duration(i) * time.Hour, Answered: 1, Slowest: time.Duration(i)}
	}
	for name, r := range map[string]record.Round{
		"empty":                {},
		"never":                {Signalled: -1, Exited: -1},
		"far buckets":          {Signalled: ms, Exited: 2 * ms, Loads: []record.Load{{Buckets: many}}},
		"backwards":            {Signalled: time.Hour, Exited: -time.Hour, Marks: []record.Mark{{At: time.Hour}, {At: -time.Hour}}},
		"hooks without phases": {Inside: &record.Inside{Hooks: []record.Span{{Name: "a", Took: -ms}, {Name: "b", Began: 1 << 60, Took: 1 << 62, Allowed: 1 << 62}}}},
		"many marks":           {Marks: make([]record.Mark, 2000)},
		"many lost":            {Lost: make([]record.Lost, 2000)},
	} {
		for _, rounds := range [][]record.Round{{r}, {r, r, r}} {
			run := &record.Run{Schema: record.Schema, Rounds: rounds, Verdict: record.Fail, Checks: []record.Check{{ID: "x", Verdict: record.Fail}}}
			for form := range forms {
				checkForm(t, form, printed(t, form, run))
			}
		}
		_ = name
	}
	for form := range forms {
		checkForm(t, form, printed(t, form, new(record.Run)))
	}
}

// FuzzForms: any JSON that is read as a drill can be printed in every form.
func FuzzForms(f *testing.F) {
	small := samplePass()
	small.Rounds = small.Rounds[:1]
	for _, run := range append(hostileRuns()[:8], small) {
		run.Schema = record.Schema
		var b bytes.Buffer
		if err := JSON(&b, run); err == nil { // infinite numbers have no JSON
			f.Add(b.Bytes())
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := FromJSON(bytes.NewReader(data))
		if err != nil {
			return
		}
		for form := range forms {
			checkForm(t, form, printed(t, form, run))
		}
		for _, r := range run.Rounds {
			p := NewProgress(io.Discard, true)
			p.Round(&r, 1, 2)
		}
	})
}
