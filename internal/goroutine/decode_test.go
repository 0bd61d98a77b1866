// SPDX-License-Identifier: Apache-2.0

package goroutine

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// integer and message encode one field.
func integer(number, value uint64) string {
	return string(binary.AppendUvarint(binary.AppendUvarint(nil, number<<3|wireVarint), value))
}

func message(number uint64, parts ...string) string {
	all := strings.Join(parts, "")
	return string(binary.AppendUvarint(binary.AppendUvarint(nil, number<<3|wireBytes), uint64(len(all)))) + all
}

func packed(number uint64, values ...uint64) string {
	var b []byte
	for _, v := range values {
		b = binary.AppendUvarint(b, v)
	}
	return message(number, string(b))
}

// The parts of a small profile: main.f inlined into main.g, called by main.h.
var (
	sample = message(2, integer(2, 7), packed(1, 2, 1, 3),
		message(3, integer(1, 2), integer(2, 3)), message(3, integer(1, 1), integer(2, 4)))
	places = message(4, integer(1, 1), integer(3, 0xabc), message(4, integer(1, 2), integer(2, 12))) +
		message(4, message(4, integer(1, 1), integer(2, 10)), message(4, integer(1, 2), integer(2, 11)), integer(1, 2)) +
		message(4, integer(1, 3)) // of C: no line
	functions = message(5, integer(1, 1), integer(2, 5), integer(4, 7), integer(5, 9)) +
		message(5, integer(1, 2), integer(2, 6), integer(4, 7))
	table = message(6) + message(6, "a") + message(6, "b") + message(6, "B") + message(6, "A") +
		message(6, "main.f[go.shape.int]") + message(6, "main.g") + message(6, "main.go")
	small = sample + places + functions + table
)

var smallStack = Stack{
	Count:  7,
	Labels: Labels{{"a", "A"}, {"b", "B"}},
	Frames: []Frame{{"main.f[...]", "main.go", 10}, {"main.g", "main.go", 11}, {"main.g", "main.go", 12}},
}

func TestDecode(t *testing.T) {
	other := integer(9, math.MaxUint64) + message(1, "?") + "\x79" + "01234567" + "\x7d" + "0123" + // of other numbers and types
		message(2, integer(2, 1), integer(7, 7))
	for name, c := range map[string]struct {
		data string
		want []Stack
	}{
		"nothing":          {"", nil},
		"small":            {small, []Stack{smallStack}},
		"names first":      {table + functions + places + sample, []Stack{smallStack}},
		"fields to ignore": {other + small, []Stack{{Count: 1}, smallStack}},
	} {
		got, err := decode(c.data, nil)
		for i := range got { // nil or none
			got[i].Frames = append([]Frame(nil), got[i].Frames...)
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

// A filter sees the labels, and what it rejects need not even be right.
func TestDecodeKept(t *testing.T) {
	var seen []Labels
	keep := func(l Labels) bool {
		seen = append(seen, append(Labels(nil), l...))
		return l.Get("b") == "B"
	}
	broken := message(2, integer(1, 99), message(3, integer(1, 1), integer(2, 2)))
	got, err := decode(broken+small, keep)
	if err != nil || !reflect.DeepEqual(got, []Stack{smallStack}) {
		t.Errorf("%+v, %v, want %+v", got, err, smallStack)
	}
	if want := []Labels{{{"a", "b"}}, smallStack.Labels}; !reflect.DeepEqual(seen, want) {
		t.Errorf("the filter saw %v, want %v", seen, want)
	}
	if _, err := decode(broken+small, nil); !errors.Is(err, errDamaged) {
		t.Errorf("the first sample has no location, but: %v", err)
	}
}

func TestDecodeDamaged(t *testing.T) {
	for data, want := range map[string]string{
		"\xff":                     "an integer does not end",
		strings.Repeat("\x80", 11): "an integer does not end",
		"\x08":                     "an integer does not end",
		"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x": "a field of 18446744073709551615 bytes where 1 are left",
		"\x12\x05abcd":             "a field of 5 bytes where 4 are left",
		"\x79abc":                  "a field of 8 bytes where 3 are left",
		"\x7dabc":                  "a field of 4 bytes where 3 are left",
		"\x0b":                     "wire type 3",
		message(4, "\x0f") + small: "wire type 7",
		message(2, integer(2, 1), message(3, "\x0f")):                                  "wire type 7",
		message(2, integer(2, 1), "\x0f"):                                              "wire type 7",
		message(2, integer(2, 1), packed(1, 1)+"\x0a\x01\x80"):                         "an integer does not end",
		message(2, packed(1, 1)):                                                       "count []",
		message(2, integer(2, 0)):                                                      "count [0]",
		message(2, packed(2, 1<<40, 5)):                                                "count [1099511627776 5]",
		message(2, integer(2, 1), message(3, integer(1, 1))):                           "no string 1",
		message(2, integer(2, 1), message(3, integer(2, math.MaxUint64))):              "no string 18446744073709551615",
		message(2, integer(2, 1), integer(1, 8)) + places:                              "no location 8",
		sample + places + table:                                                        "no function 1",
		sample + places + functions + strings.Replace(table, "\x32\x07main.go", "", 1): "no string 7",
		sample + message(4, integer(1, 2), message(4, "\x08")) + table:                 "an integer does not end",
		sample + message(4, integer(1, 2), "\x0f") + functions + table:                 "wire type 7",
		sample + places + message(5, integer(2, 99), integer(1, 1)) + table:            "no string 99",
	} {
		got, err := decode(data, nil)
		if want := "quiesce: goroutine profile: damaged: " + want; err == nil || err.Error() != want || !errors.Is(err, errDamaged) || got != nil {
			t.Errorf("%q: %+v and error\n%v, want\n%v", data, got, err, want)
		}
	}
}

// What is small does not become large.
func TestDecodeBounded(t *testing.T) {
	const n = 10_000
	place := message(4, integer(1, 1), strings.Repeat(message(4, integer(1, 1)), n))
	names := message(5, integer(1, 1), integer(2, 1)) + message(6) + message(6, "f")
	data := message(2, integer(2, 1), message(1, strings.Repeat("\x01", n))) + place + names
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := decode(data, nil)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "more calls than fit") {
		t.Errorf("%d times %d calls: %v", n, n, err)
	}
	if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(100*len(data)); got > limit {
		t.Errorf("%d bytes allocated for %d, limit %d", got, len(data), limit)
	}
}

func TestUnpack(t *testing.T) {
	var zip bytes.Buffer
	w := gzip.NewWriter(&zip)
	w.Write([]byte(small))
	w.Close()
	if got, err := unpack(bytes.NewReader(zip.Bytes()), int64(len(small))); err != nil || got != small {
		t.Errorf("%q, %v, want %q", got, err, small)
	}
	for name, c := range map[string]struct {
		packed []byte
		limit  int64
	}{
		"nothing":   {nil, 1 << 20},
		"garbage":   {[]byte("no profile at all"), 1 << 20},
		"cut short": {zip.Bytes()[:zip.Len()-9], 1 << 20},
		"too large": {zip.Bytes(), int64(len(small)) - 1},
	} {
		if got, err := unpack(bytes.NewReader(c.packed), c.limit); !errors.Is(err, errDamaged) || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	real, err := take("goroutine")
	if err != nil {
		f.Fatal(err)
	}
	for _, data := range []string{small, real} {
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(data[len(data)/3:])
	}
	f.Fuzz(func(t *testing.T, data string) {
		frames, labels, counted := 0, 0, map[*Frame]bool{}
		stacks, err := decode(data, nil)
		if err != nil && (!errors.Is(err, errDamaged) || stacks != nil) {
			t.Errorf("%v with the error %v", stacks, err)
		}
		for _, s := range stacks {
			if s.Count < 1 {
				t.Errorf("count %d", s.Count)
			}
			if len(s.Frames) > 0 && !counted[&s.Frames[0]] {
				counted[&s.Frames[0]] = true
				frames += len(s.Frames)
			}
			labels += len(s.Labels)
			_, _ = s.Text(), s.Blocked()
		}
		if frames > framesPerByte*len(data) || labels > len(data) {
			t.Errorf("%d frames and %d labels from %d bytes", frames, labels, len(data))
		}
		if none, err2 := decode(data, func(Labels) bool { return false }); len(none) > 0 || err == nil && err2 != nil {
			t.Errorf("nothing kept: %v, %v", none, err2)
		}
	})
}
