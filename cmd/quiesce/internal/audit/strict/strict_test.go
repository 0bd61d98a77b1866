// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

type base struct {
	Inline string `json:"inline"`
}

type thing struct {
	base   `json:",inline"`
	Name   string            `json:"name"`
	Count  int32             `json:"count"`
	Size   uint16            `json:"size"`
	Share  float64           `json:"share"`
	On     *bool             `json:"on"`
	Labels map[string]string `json:"labels"`
	Items  []thing           `json:"items"`
	Any    any               `json:"any"`
	Hidden string            `json:"-"`
	Data   []byte            `json:"data"`
}

// decode reads the first document, and returns what is wrong as text.
func decode(t *testing.T, text string, into any) (*Places, string) {
	t.Helper()
	parts := Split([]byte(text))
	if len(parts) == 0 {
		t.Fatalf("%q has no document", text)
	}
	n, err := parts[0].Parse()
	if err != nil || n == nil {
		t.Fatalf("%q: %v", text, err)
	}
	places, errs := parts[0].Decode(n, into)
	var out []string
	for _, err := range errs {
		out = append(out, err.Error())
	}
	return places, strings.Join(out, "\n")
}

func TestDecode(t *testing.T) {
	var got thing
	places, wrong := decode(t, `# about it
inline: x
name: shop
count: 0x10
size: 7
share: 2
on: yes
labels: &l {a: b}
items:
- name: one
  labels: *l
- {<<: {name: merged, count: 3}, count: 4}
any: [1, 2.5, true, null, text, {k: v}]
data: aGVsbG8=
`, &got)
	if wrong != "" {
		t.Fatal(wrong)
	}
	on := true
	want := thing{
		base: base{"x"}, Name: "shop", Count: 16, Size: 7, Share: 2, On: &on, Labels: map[string]string{"a": "b"},
		Items: []thing{{Name: "one", Labels: map[string]string{"a": "b"}}, {Name: "merged", Count: 4}},
		Any:   []any{int64(1), 2.5, true, nil, "text", map[string]any{"k": "v"}}, Data: []byte("hello"),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for _, tt := range []struct {
		path         []any
		line, column int
	}{
		{[]any{"count"}, 4, 1},
		{[]any{"items", 0, "labels"}, 11, 3},
		{[]any{"items", 1}, 12, 3},
		{[]any{"items", 9, "name"}, 9, 1},
		{[]any{"nothing"}, 2, 1},
	} {
		if line, column := places.At(tt.path...); line != tt.line || column != tt.column {
			t.Errorf("At(%v) = %d:%d, want %d:%d", tt.path, line, column, tt.line, tt.column)
		}
	}
	if places.Has("items", 2) || !places.Has("items", 1, "name") {
		t.Error("Has is wrong")
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"nam: x", `line 1: no field is called "nam"; did you mean "name"?`},
		{"items: [{coun: 1}]", `line 1: items[0]: no field is called "coun"; did you mean "count"?`},
		{"name: x\nname: y", "line 2: name is there twice, first in line 1"},
		{"name: 8080", "line 1: name: want a string in quotes, got the number 8080"},
		{"name: true", "line 1: name: want a string in quotes, got the boolean true"},
		{"name: [x]", "line 1: name: want a string, got a list"},
		{"count: 3000000000", "line 1: count: want a whole number, got the number 3000000000"},
		{"count: '3'", `line 1: count: want a whole number, got "3"`},
		{"count: 1.5", "line 1: count: want a whole number, got the number 1.5"},
		{"size: -1", "line 1: size: want a whole number that is not negative, got the number -1"},
		{"share: much", `line 1: share: want a number, got "much"`},
		{"on: 'yes'", `line 1: on: want true or false, got "yes"`},
		{"labels: [a]", "line 1: labels: want a mapping, got a list"},
		{"items: {a: b}", "line 1: items: want a list, got a mapping"},
		{"data: '*'", `line 1: data: "*": want data in base64`},
		{"[a]", "line 1: the document: want a mapping, got a list"},
		{"Hidden: x", `line 1: no field is called "Hidden"`},
		{"<<: 3", "line 1: the document: want a mapping to merge, got the number 3"},
		{"any: {[a]: b}", "line 1: any: a key is a list"},
		{"any: &a [*a]", "line 1: any: too deep"},
	} {
		_, wrong := decode(t, tt.text, new(thing))
		if !strings.HasPrefix(wrong, tt.want) || strings.Contains(wrong, "\n") {
			t.Errorf("%q: %q, want %q", tt.text, wrong, tt.want)
		}
	}
}

// TestBomb: a document that would be huge is refused, soon.
func TestBomb(t *testing.T) {
	text := "labels: {a: b}\nany:\n- &l0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		text += fmt.Sprintf("- &l%d [*l%d, *l%[2]d, *l%[2]d, *l%[2]d, *l%[2]d, *l%[2]d, *l%[2]d, *l%[2]d, *l%[2]d, *l%[2]d]\n", i+1, i)
	}
	_, wrong := decode(t, text, new(thing))
	if !strings.Contains(wrong, "too large with its aliases written out") || strings.Contains(wrong, "\n") {
		t.Errorf("wrong is %q", wrong)
	}
}

// TestKubernetesTypes: those that know how they are written are read by that.
func TestKubernetesTypes(t *testing.T) {
	pod := new(corev1.Pod)
	_, wrong := decode(t, `metadata: {creationTimestamp: null, managedFields: [{fieldsV1: {"f:x": {}}, time: "2026-01-02T03:04:05Z"}]}
spec:
  containers:
  - resources: {limits: {cpu: 1, memory: 64Mi}}
    livenessProbe: {httpGet: {port: http}}
    readinessProbe: {httpGet: {port: 80}}
    startupProbe: {httpGet: {port: [1]}}
  - resources: {limits: {cpu: lots}}
`, pod)
	k := pod.Spec.Containers[0]
	if k.Resources.Limits.Memory().Value() != 64<<20 || k.LivenessProbe.HTTPGet.Port.StrVal != "http" || k.ReadinessProbe.HTTPGet.Port.IntVal != 80 {
		t.Errorf("read %+v", k)
	}
	want := "line 7: spec.containers[0].startupProbe.httpGet.port: a list: want a number or a string\n" +
		`line 8: spec.containers[1].resources.limits.cpu: "lots": want a quantity such as 100m or 64Mi`
	if wrong != want {
		t.Errorf("wrong is\n%s\nwant\n%s", wrong, want)
	}
}

func TestSplit(t *testing.T) {
	text := "# nothing\n---\n--- # nothing\n---\na: 1\n...\n---\r\nb: |\n  ---\n--- {c: 1}\n---x: 1\n"
	var got []string
	for _, p := range Split([]byte(text)) {
		got = append(got, fmt.Sprintf("%d %q", p.Line, p.Data))
	}
	want := []string{`2 "--- # nothing\n"`, `3 "---\na: 1\n...\n"`, `6 "---\r\nb: |\n  ---\n"`, `9 "--- {c: 1}\n---x: 1\n"`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestObjects: JSON needs nothing between two objects.
func TestObjects(t *testing.T) {
	for text, want := range map[string][]int{
		`{"a": 1}` + "\n" + `{"a": "}{\""}` + "\n\n" + `["b"]`: {0, 1, 3},
		`{"a": 1}{"a": {"b": [1]}}`:                            {0, 0},
		`{"a": 1}}{"a": 1}`:                                    {0},
		`{"a": 1} x`:                                           {0},
		"{\"a\": 1}\n---\n{a: 1}":                              {0, 1},
		"a: 1\n...\nb: 1\n...\n":                               {0, 2},
	} {
		var got []int
		for _, p := range Split([]byte(text)) {
			got = append(got, p.Line)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: parts after lines %v, want %v", text, got, want)
		}
	}
}

// TestLimits: neither a large document nor one with many mistakes is said at length.
func TestLimits(t *testing.T) {
	if _, err := (Part{Data: make([]byte, mostDocument+1), Line: 2}).Parse(); err == nil || err.Error() != "line 3: a document larger than 32 MiB" {
		t.Errorf("error %v", err)
	}
	p := Part{Data: []byte("[" + strings.Repeat("1,", 1000) + "]")}
	n, err := p.Parse()
	if err != nil {
		t.Fatal(err)
	}
	if _, errs := p.Decode(n, new([]string)); len(errs) != mostErrors+1 || errs[mostErrors].Text != "and more, which is not said" {
		t.Errorf("%d mistakes, the last %v", len(errs), errs[len(errs)-1])
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"a: 1\n---\nb: [\n", "line 3: "},
		{"a: 1\n---\nb: 1\n c: 2\n", "line 4: "},
		{"a: 1\n---\n\tb: 1\n", "line 3: "},
		{"a: 1\n---\nb:\n  c: 1\n  d:\n  - e: 1\n   f: 2\ng: 1\n", "line 7: did not find expected key"},
		{"a: 1\n---\nb: 1\nc: \"x\nd: 1\n", "line 4: found unexpected end of stream"},
		{"a: 1\n---\nb: 1\nc: {d: 1\ne: 1\n", "line 4: did not find expected ',' or '}'"},
		{"a: 1\n---\nb: {x: 1,\n  y: 2}\nc: \"x\n\n\n  y\"\nc: [\n  1\n]\nd: e: f\ng: h\ni: j\n", "line 12: mapping values are not allowed"},
		{"a: 1\n---\n{a: 1,\nb: 2,,\nc: 3}\n", "line 3: did not find expected node content"},
		{"a: 1\n---\nb: *x\n", "line 3: unknown anchor 'x' referenced"},
		{"a: 1\n---\n{\"b\": 1}\nc\n", "line 4: did not find expected <document start>"},
	} {
		parts := Split([]byte(tt.text))
		_, err := parts[1].Parse()
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
}

// lineBreak is what YAML takes for the end of a line.
var lineBreak = regexp.MustCompile("[\r\n\u0085\u2028\u2029]")

// TestJSON: pairs of escapes stand for one character, and all is where it is.
func TestJSON(t *testing.T) {
	var got thing
	places, wrong := decode(t, "{\"name\": \"\\ud83d\\ude00\", \"count\": 3, \"share\": 1e1,\n\t\"on\": true, \"any\": [null, {\"é\": {}}],\"labels\":\n{\"a\": \"b\"}}", &got)
	on := true
	want := thing{Name: "😀", Count: 3, Share: 10, On: &on, Any: []any{nil, map[string]any{"é": map[string]any{}}}, Labels: map[string]string{"a": "b"}}
	if wrong != "" || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, wrong %q\nwant %+v", got, wrong, want)
	}
	for _, tt := range []struct {
		path         []any
		line, column int
	}{{[]any{"on"}, 2, 2}, {[]any{"labels"}, 2, 39}, {[]any{"labels", "a"}, 3, 2}} {
		if line, column := places.At(tt.path...); line != tt.line || column != tt.column {
			t.Errorf("At(%v) = %d:%d, want %d:%d", tt.path, line, column, tt.line, tt.column)
		}
	}
	part := Split([]byte("\n{\"a\": 1,\n\"b\": 2,,\n\"c\": 3}\n"))[0]
	if _, err := part.Parse(); err == nil || err.Error() != "line 3: invalid character ',' looking for beginning of object key string" {
		t.Errorf("error %v", err)
	}
	if _, wrong := decode(t, `{"name": "\u0041", "name": "b", "nam": 1}`, &got); !strings.Contains(wrong, "name is there twice") || !strings.Contains(wrong, `no field is called "nam"`) {
		t.Errorf("wrong is %q", wrong)
	}
}

// FuzzDecode: whatever the input, there is no panic, all lines are in the file, and what is
// read without a complaint as a pod and as any value is the same.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"a: 1\n---\nb: [", "spec: {containers: [{name: x, ports: [{containerPort: 1}]}]}", "a: &a {<<: *a}", "? [a]\n: b", "metadata: {name: 2001-01-01, labels: {a: ~}}",
		"{\"spec\": {\"terminationGracePeriodSeconds\": 3}}", "--- !!binary x\n", "a: !!merge x", "spec: {containers: null, nodeName: !!float x}", "\xef\xbb\xbf%YAML 1.1\n---\na: .inf",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := len(lineBreak.FindAllIndex(data, -1)) + 1
		for _, p := range Split(data) {
			n, err := p.Parse()
			if n == nil || err != nil {
				continue
			}
			pod := new(corev1.Pod)
			places, errs := p.Decode(n, pod)
			for _, err := range errs {
				if err.Line < 1 || err.Line > lines+1 {
					t.Errorf("%v: the file has %d lines", err, lines)
				}
			}
			if line, _ := places.At("spec", "containers", 0); line > lines+1 {
				t.Errorf("a place in line %d of %d", line, lines)
			}
			if _, err := json.Marshal(p.Generic(n)); err != nil && !strings.Contains(err.Error(), "unsupported value") {
				t.Errorf("generic: %v", err)
			}
		}
	})
}
