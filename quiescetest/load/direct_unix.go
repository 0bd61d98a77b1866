// SPDX-License-Identifier: Apache-2.0

//go:build unix

package load

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// A direct exchange on a socket needs three system calls: a look whether it was
// closed, a write and a read. [net.Conn] needs one more, as its Read tries before it
// waits. It is safe since all three are made after the poller was told to forget what
// it knew: what comes before that the look sees, what comes later wakes us.
type direct struct {
	raw  syscall.RawConn
	step func(fd uintptr) bool // a method value is made once

	out   []byte // what is to be written first; nil: nothing
	in    []byte
	wrote int
	read  int
	err   error
}

// newDirect returns nil if there is no such way.
func newDirect(c net.Conn) *direct {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	d := &direct{raw: raw}
	d.step = d.exchange
	return d
}

// Read writes what is to be written, waits, and reads.
func (d *direct) Read(b []byte) (int, error) {
	d.in, d.wrote, d.read, d.err = b, 0, 0, nil
	if err := d.raw.Read(d.step); err != nil {
		return 0, err
	}
	d.in = nil
	return d.read, d.err
}

// exchange reports whether there is nothing to wait for.
func (d *direct) exchange(fd uintptr) bool {
	if d.out != nil {
		return d.begin(int(fd))
	}
	n, err := sockRead(int(fd), d.in)
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return false
	case err == nil && n == 0:
		err = io.EOF
	}
	d.read, d.err = n, err
	return true
}

// begin looks and writes.
func (d *direct) begin(fd int) bool {
	out := d.out
	d.out = nil
	if readable(fd) {
		d.err = errFoundClosed
		return true
	}
	n, err := sockWrite(fd, out)
	d.wrote = n
	switch {
	case n == len(out):
		return false
	case err == nil || errors.Is(err, syscall.EAGAIN):
		err = errPartial
	}
	d.err = err
	return true
}
