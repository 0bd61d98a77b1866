// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"io"
	"syscall"
)

// What a connection may have beyond net.Conn. They do not embed *conn, or the
// methods of the combinations below would be ambiguous.
type (
	copier      struct{ c *conn }
	writeCloser struct{ c *conn }
	readCloser  struct{ c *conn }
	syscaller   struct{ c *conn }
)

func (m copier) ReadFrom(r io.Reader) (int64, error) { return m.c.readFrom(r) }
func (m copier) WriteTo(w io.Writer) (int64, error)  { return m.c.writeTo(w) }

func (m writeCloser) CloseWrite() error { return m.c.inner.(closesWrite).CloseWrite() }
func (m readCloser) CloseRead() error   { return m.c.inner.(closesRead).CloseRead() }

func (m syscaller) SyscallConn() (syscall.RawConn, error) {
	raw, err := m.c.inner.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	return &rawConn{raw, m.c}, nil
}

// A rawConn obeys the contexts too. And it hides from os what that would look for
// in net's, with which [io.Copy] from a file would pass us by.
type rawConn struct {
	inner syscall.RawConn
	c     *conn
}

func (r *rawConn) Control(f func(fd uintptr)) error { return r.inner.Control(f) }

func (r *rawConn) Read(f func(fd uintptr) (done bool)) error {
	b, err := r.c.read.begin()
	if err != nil {
		return r.c.opError("raw-read", err)
	}
	return r.c.explain("raw-read", &r.c.read, b, r.inner.Read(f))
}

func (r *rawConn) Write(f func(fd uintptr) (done bool)) error {
	b, err := r.c.write.begin()
	if err != nil {
		return r.c.opError("raw-write", err)
	}
	return r.c.explain("raw-write", &r.c.write, b, r.inner.Write(f))
}

type (
	closesWrite interface{ CloseWrite() error }
	closesRead  interface{ CloseRead() error }
)

// The optional methods but SyscallConn, as a set.
const (
	readsFrom = 1 << iota // ReadFrom, and WriteTo with it
	halfWrite             // CloseWrite
	halfRead              // CloseRead
)

// withMethods gives c those methods that the inner connection has. Callers ask
// for them with type assertions, and take another way if there are none; so one
// that always fails would be wrong. Go has no method sets made at run time: each
// combination is a type.
func withMethods(c *conn) Conn {
	has := 0
	if _, ok := c.inner.(io.ReaderFrom); ok {
		has |= readsFrom
	}
	if _, ok := c.inner.(closesWrite); ok {
		has |= halfWrite
	}
	if _, ok := c.inner.(closesRead); ok {
		has |= halfRead
	}
	if _, ok := c.inner.(syscall.Conn); ok {
		return withSyscalls(c, has)
	}
	return withoutSyscalls(c, has)
}

func withoutSyscalls(c *conn, has int) Conn {
	switch has {
	case readsFrom:
		return &struct {
			*conn
			copier
		}{c, copier{c}}
	case halfWrite:
		return &struct {
			*conn
			writeCloser
		}{c, writeCloser{c}}
	case readsFrom | halfWrite:
		return &struct {
			*conn
			copier
			writeCloser
		}{c, copier{c}, writeCloser{c}}
	case halfRead:
		return &struct {
			*conn
			readCloser
		}{c, readCloser{c}}
	case readsFrom | halfRead:
		return &struct {
			*conn
			copier
			readCloser
		}{c, copier{c}, readCloser{c}}
	case halfWrite | halfRead:
		return &struct {
			*conn
			writeCloser
			readCloser
		}{c, writeCloser{c}, readCloser{c}}
	case readsFrom | halfWrite | halfRead:
		return &struct {
			*conn
			copier
			writeCloser
			readCloser
		}{c, copier{c}, writeCloser{c}, readCloser{c}}
	}
	return c
}

func withSyscalls(c *conn, has int) Conn {
	switch has {
	case readsFrom:
		return &struct {
			*conn
			copier
			syscaller
		}{c, copier{c}, syscaller{c}}
	case halfWrite:
		return &struct {
			*conn
			writeCloser
			syscaller
		}{c, writeCloser{c}, syscaller{c}}
	case readsFrom | halfWrite:
		return &struct {
			*conn
			copier
			writeCloser
			syscaller
		}{c, copier{c}, writeCloser{c}, syscaller{c}}
	case halfRead:
		return &struct {
			*conn
			readCloser
			syscaller
		}{c, readCloser{c}, syscaller{c}}
	case readsFrom | halfRead:
		return &struct {
			*conn
			copier
			readCloser
			syscaller
		}{c, copier{c}, readCloser{c}, syscaller{c}}
	case halfWrite | halfRead:
		return &struct {
			*conn
			writeCloser
			readCloser
			syscaller
		}{c, writeCloser{c}, readCloser{c}, syscaller{c}}
	case readsFrom | halfWrite | halfRead:
		return &struct {
			*conn
			copier
			writeCloser
			readCloser
			syscaller
		}{c, copier{c}, writeCloser{c}, readCloser{c}, syscaller{c}}
	}
	return &struct {
		*conn
		syscaller
	}{c, syscaller{c}}
}
