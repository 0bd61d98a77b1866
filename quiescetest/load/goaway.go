// SPDX-License-Identifier: Apache-2.0

package load

import "net"

const (
	frameHeaderLen = 9 // RFC 9113, section 4.1
	goAwayFrame    = 7
)

// A goAwayConn looks at the HTTP/2 frames that are read from it, for a GOAWAY.
type goAwayConn struct {
	net.Conn
	seen func() // nil once it was called

	// Of the frame that is being read.
	header [frameHeaderLen]byte
	have   int // bytes of the header
	rest   int // bytes of the payload that are to come
}

func (c *goAwayConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.seen != nil {
		c.scan(b[:n])
	}
	return n, err
}

func (c *goAwayConn) scan(b []byte) {
	for len(b) > 0 && c.seen != nil {
		if c.rest > 0 {
			skip := min(c.rest, len(b))
			c.rest, b = c.rest-skip, b[skip:]
			continue
		}
		n := copy(c.header[c.have:], b)
		c.have, b = c.have+n, b[n:]
		if c.have < frameHeaderLen {
			return
		}
		if c.header[3] == goAwayFrame {
			c.seen()
			c.seen = nil
		}
		c.have = 0
		c.rest = int(c.header[0])<<16 | int(c.header[1])<<8 | int(c.header[2])
	}
}
