// SPDX-License-Identifier: Apache-2.0

package goroutine

import (
	"errors"
	"fmt"
)

// The wire types of protocol buffers: how a field's value is written.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// A fields reads the fields of an encoded message, one after the other.
type fields struct {
	rest string // of the message
	err  error  // why reading ended early, nil if it did not

	tag   uint64 // of the field read last: its number times 8, plus the wire type
	value uint64 // its value if it is a varint
	bytes string // its value if it is bytes, text or a message
}

// next reads a field and reports whether there was one.
func (f *fields) next() bool {
	if f.err != nil || f.rest == "" {
		return false
	}
	f.tag, f.value, f.bytes = f.varint(), 0, ""
	switch f.tag & 7 {
	case wireVarint:
		f.value = f.varint()
	case wireFixed64:
		f.cut(8)
	case wireBytes:
		f.bytes = f.cut(f.varint())
	case wireFixed32:
		f.cut(4)
	default:
		f.fail(fmt.Errorf("wire type %d", f.tag&7))
	}
	return f.err == nil
}

// varint reads an integer of up to 64 bits, 7 in a byte and the lowest first.
func (f *fields) varint() uint64 {
	var v uint64
	for i := 0; i < len(f.rest) && i < 10; i++ {
		b := f.rest[i]
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			f.rest = f.rest[i+1:]
			return v
		}
	}
	f.fail(errors.New("an integer does not end"))
	return 0
}

func (f *fields) cut(n uint64) string {
	if n > uint64(len(f.rest)) {
		f.fail(fmt.Errorf("a field of %d bytes where %d are left", n, len(f.rest)))
		return ""
	}
	s := f.rest[:n]
	f.rest = f.rest[n:]
	return s
}

// fail ends the reading. The first failure counts.
func (f *fields) fail(err error) {
	if f.err == nil {
		f.rest, f.err = "", err
	}
}

// appendInts appends the values of a repeated integer: one, or many packed into
// one field.
func (f *fields) appendInts(to []uint64) []uint64 {
	if f.tag&7 == wireVarint {
		return append(to, f.value)
	}
	packed := fields{rest: f.bytes}
	for packed.rest != "" {
		to = append(to, packed.varint())
	}
	if packed.err != nil {
		f.fail(packed.err)
	}
	return to
}
