// SPDX-License-Identifier: Apache-2.0

package goroutine

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The fields of a profile that are read, of those in
// https://github.com/google/pprof/blob/main/proto/profile.proto. One with
// another wire type is another field, and skipped.
const (
	profileSample   = 2<<3 | wireBytes
	profileLocation = 4<<3 | wireBytes
	profileFunction = 5<<3 | wireBytes
	profileString   = 6<<3 | wireBytes

	sampleLocation  = 1<<3 | wireVarint
	sampleLocations = 1<<3 | wireBytes // several, packed
	sampleValue     = 2<<3 | wireVarint
	sampleValues    = 2<<3 | wireBytes
	sampleLabel     = 3<<3 | wireBytes

	labelKey  = 1<<3 | wireVarint
	labelText = 2<<3 | wireVarint

	anyID = 1<<3 | wireVarint // of a location or function

	locationLine = 4<<3 | wireBytes
	lineFunction = 1<<3 | wireVarint
	lineNumber   = 2<<3 | wireVarint

	functionName = 2<<3 | wireVarint
	functionFile = 4<<3 | wireVarint
)

// framesPerByte bounds what a small profile can blow up to. A location, one byte
// where a stack refers to it, stands for a call and those that were inlined into
// it: few, and a sample has a dozen other bytes.
const framesPerByte = 16

// A profile is an encoded profile, cut into its messages. Names come last in a
// profile, so that nothing can be decoded before all of it has been seen.
type profile struct {
	samples   []string
	locations map[uint64]string
	functions map[uint64]string
	strings   []string

	owned      []bool             // which strings are copies that may outlive the profile
	names      map[uint64]string  // of functions, as they are shown, by string
	symbolised map[uint64][]Frame // by location
	shared     map[string][]Frame // by all locations of a stack
	framesLeft int                // see framesPerByte
}

// decode returns the stacks that keep accepts, merged and in order.
func decode(data string, keep func(Labels) bool) ([]Stack, error) {
	p, err := parse(data)
	if err != nil {
		return nil, damaged(err)
	}
	stacks, err := p.stacks(keep)
	if err != nil {
		return nil, damaged(err)
	}
	return merge(stacks), nil
}

func parse(data string) (*profile, error) {
	p := &profile{
		locations:  map[uint64]string{},
		functions:  map[uint64]string{},
		names:      map[uint64]string{},
		symbolised: map[uint64][]Frame{},
		shared:     map[string][]Frame{},
		framesLeft: framesPerByte * len(data),
	}
	f := fields{rest: data}
	for f.next() {
		switch f.tag {
		case profileSample:
			p.samples = append(p.samples, f.bytes)
		case profileLocation:
			f.index(p.locations)
		case profileFunction:
			f.index(p.functions)
		case profileString:
			p.strings = append(p.strings, f.bytes)
		}
	}
	p.owned = make([]bool, len(p.strings))
	return p, f.err
}

// index files the message that was read under its id.
func (f *fields) index(messages map[uint64]string) {
	var id uint64
	m := fields{rest: f.bytes}
	for m.next() {
		if m.tag == anyID {
			id = m.value
		}
	}
	if m.err != nil {
		f.fail(m.err)
	}
	messages[id] = f.bytes
}

func (p *profile) stacks(keep func(Labels) bool) ([]Stack, error) {
	var out []Stack
	var seen Labels // used again for each sample, most of which are not kept
	for _, sample := range p.samples {
		var err error
		if seen, err = p.labels(seen[:0], sample, p.text); err != nil {
			return nil, err
		}
		if keep != nil && !keep(seen) {
			continue
		}
		s, err := p.stack(sample)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// labels appends a sample's labels. text looks a string up: [profile.text] for
// what is only looked at, [profile.own] for what is kept.
func (p *profile) labels(to Labels, sample string, text func(uint64) (string, error)) (Labels, error) {
	f := fields{rest: sample}
	for f.next() {
		if f.tag != sampleLabel {
			continue
		}
		label, err := decodeLabel(f.bytes, text)
		if err != nil {
			return nil, err
		}
		to = append(to, label)
	}
	slices.SortStableFunc(to, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	return to, f.err
}

func decodeLabel(message string, text func(uint64) (string, error)) (l Label, err error) {
	f := fields{rest: message}
	for err == nil && f.next() {
		switch f.tag {
		case labelKey:
			l.Key, err = text(f.value)
		case labelText:
			l.Value, err = text(f.value)
		}
	}
	return l, cmp.Or(err, f.err)
}

// stack decodes the rest of a sample that is kept.
func (p *profile) stack(sample string) (s Stack, err error) {
	var ids, values []uint64
	f := fields{rest: sample}
	for f.next() {
		switch f.tag {
		case sampleLocation, sampleLocations:
			ids = f.appendInts(ids)
		case sampleValue, sampleValues:
			values = f.appendInts(values)
		}
	}
	if f.err != nil {
		return s, f.err
	}
	if len(values) == 0 || values[0] == 0 || values[0] > math.MaxInt32 {
		return s, fmt.Errorf("count %d", values)
	}
	s.Count = int(values[0])
	if s.Labels, err = p.labels(nil, sample, p.own); err != nil {
		return s, err
	}
	s.Frames, err = p.frames(ids)
	return s, err
}

// frames returns the calls at these locations, in the same memory for all
// samples that have the same: with a label of its own for each goroutine it would
// be most of what is kept.
func (p *profile) frames(ids []uint64) ([]Frame, error) {
	var key []byte
	for _, id := range ids {
		key = binary.AppendUvarint(key, id)
	}
	if frames, ok := p.shared[string(key)]; ok {
		return frames, nil
	}
	parts := make([][]Frame, len(ids))
	for i, id := range ids {
		var err error
		if parts[i], err = p.framesAt(id); err != nil {
			return nil, err
		}
		if p.framesLeft -= len(parts[i]); p.framesLeft < 0 {
			return nil, errors.New("more calls than fit")
		}
	}
	frames := slices.Concat(parts...)
	p.shared[string(key)] = frames
	return frames, nil
}

// framesAt returns the calls of a location, the innermost of those that the
// compiler has inlined first.
func (p *profile) framesAt(id uint64) ([]Frame, error) {
	if frames, ok := p.symbolised[id]; ok {
		return frames, nil
	}
	message, ok := p.locations[id]
	if !ok {
		return nil, fmt.Errorf("no location %d", id)
	}
	var frames []Frame
	f := fields{rest: message}
	for f.next() {
		if f.tag != locationLine {
			continue
		}
		frame, err := p.frame(f.bytes)
		if err != nil {
			return nil, err
		}
		if frame.Function != "" { // an address in code that is not Go's
			frames = append(frames, frame)
		}
	}
	p.symbolised[id] = frames
	return frames, f.err
}

func (p *profile) frame(line string) (Frame, error) {
	var frame Frame
	var id uint64
	f := fields{rest: line}
	for f.next() {
		switch f.tag {
		case lineFunction:
			id = f.value
		case lineNumber:
			frame.Line = int(f.value)
		}
	}
	if f.err != nil {
		return frame, f.err
	}
	message, ok := p.functions[id]
	if !ok {
		return frame, fmt.Errorf("no function %d", id)
	}
	return frame, p.name(&frame, message)
}

// name fills in what is known of a frame's function.
func (p *profile) name(frame *Frame, function string) (err error) {
	f := fields{rest: function}
	for err == nil && f.next() {
		switch f.tag {
		case functionName:
			frame.Function, err = p.functionName(f.value)
		case functionFile:
			frame.File, err = p.own(f.value)
		}
	}
	return cmp.Or(err, f.err)
}

// functionName returns the name of a function, one copy for all who ask for it.
func (p *profile) functionName(index uint64) (string, error) {
	if name, ok := p.names[index]; ok {
		return name, nil
	}
	name, err := p.text(index)
	if err != nil {
		return "", err
	}
	p.names[index] = strings.Clone(Name(name))
	return p.names[index], nil
}

// Name names a generic function as the runtime's tracebacks do. The
// profile has the types, in the compiler's own terms: "f[go.shape.int]".
func Name(name string) string {
	open, end := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if open < 0 || end < open {
		return name
	}
	return name[:open] + "[...]" + name[end+1:]
}

// text returns a part of the profile, which stays in memory for as long as that
// is used.
func (p *profile) text(index uint64) (string, error) {
	if index >= uint64(len(p.strings)) {
		return "", fmt.Errorf("no string %d", index)
	}
	return p.strings[index], nil
}

// own returns a copy, one for all who ask for it.
func (p *profile) own(index uint64) (string, error) {
	s, err := p.text(index)
	if err == nil && !p.owned[index] {
		s = strings.Clone(s)
		p.strings[index], p.owned[index] = s, true
	}
	return s, err
}
