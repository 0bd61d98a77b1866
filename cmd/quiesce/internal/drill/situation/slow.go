// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"io"
	"net"
	"time"
)

const (
	// lasts is how long a slow reader takes after the signal, if the server does not
	// keep it waiting.
	lasts = 300 * time.Millisecond

	// window is the room that the kernel has for what it has not read; there is more
	// on the server's side.
	window = 64 << 10
)

// slow has read the first byte of the answer when the signal comes, and then reads
// on, as slowly as it may.
func slow(c *client) ending {
	if e, ok := c.open(); !ok {
		return e
	}
	_ = c.line.tcp.SetReadBuffer(window) // with more the server is done earlier
	if !c.rehearsal {
		c.line.read(&slowReader{client: c, r: c.line.Conn})
	}
	c.write(c.whole())
	return c.answer()
}

// A slowReader reads one byte, waits for the signal, and reads the rest at the pace
// in which an answer of the size that is expected takes the time that it should.
type slowReader struct {
	client *client
	r      net.Conn
	read   int64
	began  time.Time // reading the rest
}

// steps is how many pieces an answer of the expected size is read in, at least.
const steps = 32

func (s *slowReader) Read(b []byte) (int, error) {
	size := max(s.client.form.size, 1)
	switch {
	case s.read == 0:
		b = b[:1]
	case s.began.IsZero():
		s.client.await()
		s.began = time.Now()
		patience := s.client.play.scene.Timeout
		_ = s.r.SetReadDeadline(s.began.Add(lasts + patience))
		fallthrough
	default:
		b = b[:min(int64(len(b)), max(size/steps, 1))]
		s.pause(size)
	}
	n, err := s.r.Read(b)
	s.read += int64(n)
	return n, err
}

// pause waits until the next piece is due, and after the time of the whole not at all.
func (s *slowReader) pause(size int64) {
	due := min(lasts, time.Duration(float64(lasts)*float64(s.read)/float64(size)))
	if early := due - time.Since(s.began); early > 0 {
		s.client.sleep(early)
	}
}

var _ io.Reader = (*slowReader)(nil)
