// SPDX-License-Identifier: Apache-2.0

package goroutine

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A Stack is a number of goroutines with the same labels and the same frames.
type Stack struct {
	// Count is how many goroutines there are, at least 1.
	Count int
	// Labels are the goroutines' profiler labels.
	Labels Labels
	// Frames are the calls, innermost first, those inside the runtime and those
	// that the compiler inlined included. A stack deeper than the runtime's limit
	// (128, see GODEBUG=profstackdepth) lacks the outermost ones. Other stacks may
	// use the same memory: do not change what is in it.
	Frames []Frame
}

// Labels are profiler labels in the order of their keys, each of which is there
// once.
type Labels []Label

// A Label is one profiler label.
type Label struct {
	// Key and Value are as given to pprof.Labels.
	Key, Value string
}

// A Frame is one call on a stack.
type Frame struct {
	// Function is the name with the package's path; the types of a generic
	// function are "[...]", as the runtime prints them.
	Function string
	// File is the source file, as the compiler was given it.
	File string
	// Line is the line of the call, or at which the innermost function is.
	Line int
}

// Get returns the value of a label, or "" if there is none.
func (l Labels) Get(key string) string {
	for _, label := range l {
		if label.Key == key {
			return label.Value
		}
	}
	return ""
}

// Label returns the value of a label, or "" if there is none.
func (s Stack) Label(key string) string { return s.Labels.Get(key) }

// Text returns a line "function file:line" for each frame. A file is named with
// its last folder only. Like the runtime's own text form of a profile, it leaves
// out the runtime's functions at the top, unless there are no others.
func (s Stack) Text() string {
	frames := s.Frames
	if i := slices.IndexFunc(frames, Frame.ofUser); i > 0 {
		frames = frames[i:]
	}
	var b strings.Builder
	for _, f := range frames {
		b.WriteString(f.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// String returns "function file:line" with the file's last folder only.
func (f Frame) String() string {
	file := path.Join(path.Base(path.Dir(f.File)), path.Base(f.File))
	return f.Function + " " + file + ":" + strconv.Itoa(f.Line)
}

// ofUser reports whether a frame is one of those that the runtime shows in its
// text form of a profile.
func (f Frame) ofUser() bool {
	return !strings.HasPrefix(f.Function, "runtime.") && !strings.HasPrefix(f.Function, "internal/runtime/")
}

// merge orders stacks and makes one of those that look the same. The runtime
// tells stacks apart by addresses, of which a line can have several.
func merge(stacks []Stack) []Stack {
	slices.SortFunc(stacks, func(a, b Stack) int {
		if c := compareLabels(a, b); c != 0 {
			return c
		}
		return slices.CompareFunc(a.Frames, b.Frames, compareFrames)
	})
	out := stacks[:0]
	for _, s := range stacks {
		if n := len(out); n > 0 && compareLabels(out[n-1], s) == 0 && slices.Equal(out[n-1].Frames, s.Frames) {
			out[n-1].Count += s.Count
		} else {
			out = append(out, s)
		}
	}
	clear(stacks[len(out):])
	slices.SortStableFunc(out, func(a, b Stack) int {
		return cmp.Or(compareLabels(a, b), cmp.Compare(b.Count, a.Count))
	})
	return out
}

func compareLabels(a, b Stack) int {
	return slices.CompareFunc(a.Labels, b.Labels, func(x, y Label) int {
		return cmp.Or(strings.Compare(x.Key, y.Key), strings.Compare(x.Value, y.Value))
	})
}

func compareFrames(x, y Frame) int {
	return cmp.Or(strings.Compare(x.Function, y.Function), strings.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line))
}
