// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A counting is a context that counts who waits for its end. Package context must
// not find its own kind in it.
type counting struct {
	context.Context
	held atomic.Int32
}

func newCounting(t *testing.T) *counting {
	ctx, _ := stoppable(t)
	return &counting{Context: ctx}
}

func (c *counting) Value(any) any { return nil }

func (c *counting) AfterFunc(f func()) (stop func() bool) {
	c.held.Add(1)
	inner := context.AfterFunc(c.Context, f)
	return func() bool {
		stopped := inner()
		if stopped {
			c.held.Add(-1)
		}
		return stopped
	}
}

// A spy is a TCP connection that notes from what it was to copy.
type spy struct {
	*net.TCPConn
	sources []string
}

func (s *spy) ReadFrom(r io.Reader) (int64, error) {
	s.sources = append(s.sources, fmt.Sprintf("%T", r))
	return s.TCPConn.ReadFrom(r)
}

// A noDeadlines is a connection as that of an SSH channel.
type noDeadlines struct{ net.Conn }

var errNone = errors.New("deadlines are not supported")

func (noDeadlines) SetDeadline(time.Time) error      { return errNone }
func (noDeadlines) SetReadDeadline(time.Time) error  { return errNone }
func (noDeadlines) SetWriteDeadline(time.Time) error { return errNone }

type (
	fr struct{}
	cw struct{}
	cr struct{}
	sc struct{}
)

func (fr) ReadFrom(io.Reader) (int64, error)     { return 0, nil }
func (cw) CloseWrite() error                     { return nil }
func (cr) CloseRead() error                      { return nil }
func (sc) SyscallConn() (syscall.RawConn, error) { return nil, nil }

// combinations are connections with combinations of methods that net has not.
func combinations() []net.Conn {
	c, _ := net.Pipe()
	return []net.Conn{
		struct {
			net.Conn
			fr
		}{Conn: c},
		struct {
			net.Conn
			fr
			cw
		}{Conn: c},
		struct {
			net.Conn
			cr
		}{Conn: c},
		struct {
			net.Conn
			fr
			cr
		}{Conn: c},
		struct {
			net.Conn
			cw
			cr
		}{Conn: c},
		struct {
			net.Conn
			fr
			cw
			cr
		}{Conn: c},
		struct {
			net.Conn
			fr
			sc
		}{Conn: c},
		struct {
			net.Conn
			cw
			sc
		}{Conn: c},
		struct {
			net.Conn
			fr
			cw
			sc
		}{Conn: c},
		struct {
			net.Conn
			cr
			sc
		}{Conn: c},
		struct {
			net.Conn
			fr
			cr
			sc
		}{Conn: c},
	}
}
