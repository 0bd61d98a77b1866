// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

const (
	// plenty is twice what the kernel holds of answers on a narrow connection, on both
	// sides (measured on Linux). Small ones are asked for many times at once.
	plenty = 64 << 10

	// An answer that is larger takes too long through small segments, and fills the
	// room of an ordinary connection too (3 MB) if we keep our side of it small.
	large     = 1 << 20
	largeRoom = 64 << 10

	// A connection without room drops what it is sent, and it is sent again 200 ms
	// later: it takes filling that long until its server is stuck. stuckMost bounds
	// what a slow server is given beside that.
	filling   = 300 * time.Millisecond
	stuckMost = 1500 * time.Millisecond

	// lasts is how long a slow reader takes after the signal, if the server does not
	// keep it waiting.
	lasts = 300 * time.Millisecond
)

// slow has asked, and the answer has begun, when the signal comes. The server has no
// room for all of it if it is not small. Then it reads, as slowly as it may.
func slow(c *client) ending {
	if e, ok := c.roomless(); !ok {
		return e
	}
	c.write(c.whole())
	if c.rehearsal {
		return c.answer()
	}
	r := &slowReader{client: c, r: c.line.Conn, total: c.form.size}
	c.line.read(r)
	_ = c.line.SetReadDeadline(time.Now().Add(c.play.scene.Timeout))
	if _, err := c.line.in.Peek(1); err == nil { // else the answer says so
		c.await()
	}
	r.began = time.Now()
	return c.answer()
}

// roomless opens a connection that has little room for answers.
func (c *client) roomless() (ending, bool) {
	if c.rehearsal {
		return c.open()
	}
	if c.form.size < large {
		c.control = narrow
	}
	e, ok := c.open()
	if ok && c.form.size >= large {
		_ = c.line.tcp.SetReadBuffer(largeRoom) // with more it takes longer
	}
	return e, ok
}

// neverReads has sent requests until the server has no room for answers, most likely,
// and never reads one.
func neverReads(c *client) ending {
	if e, ok := c.roomless(); !ok {
		return e
	}
	if c.rehearsal {
		c.write(c.whole())
		return c.answer()
	}
	n := plenty/max(c.form.size, 1) + 1
	c.write(bytes.Repeat(c.whole(), int(n)))
	c.sleep(filling + min(stuckMost, c.form.took*time.Duration(n))) // nobody would tell us
	c.awaitEnd()
	// To read would help the server. If it is gone, writing fails soon: what it has
	// not read, or what it is sent now, is answered by a reset.
	switch err := c.insist(); {
	case errors.Is(err, net.ErrClosed):
		return stillOpen()
	case err != nil:
		return ending{outcome: load.OK}
	}
	return c.linger()
}

// insist writes, more than the kernel holds, until the connection ends.
func (c *client) insist() error {
	const most = 16 << 20
	batch := bytes.Repeat(c.whole(), 64)
	_ = c.line.SetWriteDeadline(time.Time{}) // if it fails, so does Write
	for sent := 0; sent < most; sent += len(batch) {
		if _, err := c.line.Write(batch); err != nil {
			return err
		}
	}
	return nil
}

// A slowReader reads at the pace in which total bytes take the time that they should.
type slowReader struct {
	client *client
	r      io.Reader
	total  int64
	read   int64
	began  time.Time
}

// steps is how many pieces the total is read in, at least.
const steps = 32

func (s *slowReader) Read(b []byte) (int, error) {
	if s.began.IsZero() {
		s.began = time.Now()
	}
	s.pause()
	n, err := s.r.Read(b[:min(int64(len(b)), max(s.total/steps, 1))])
	s.read += int64(n)
	return n, err
}

// pause waits until the next piece is due, and after the time of the whole not at all.
func (s *slowReader) pause() {
	due := min(lasts, time.Duration(float64(lasts)*float64(s.read)/float64(s.total)))
	if early := due - time.Since(s.began); early > 0 {
		s.client.sleep(early)
	}
}

type control = func(network, address string, raw syscall.RawConn) error
