// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// A tap counts the requests in HTTP/2 connections by their frames: what was on the
// wire. Clients know less. Go and nghttp2, which curl, Node and h2load use, take
// requests back that they have not written when a GOAWAY comes, and these look as
// if the server had declined them, or worse.
type tap struct {
	open sync.WaitGroup // connections

	mu    sync.Mutex
	tally tally // guarded by mu
}

// sum returns what was counted, when the last connection of a client that has
// ended is closed.
func (t *tap) sum() tally {
	t.open.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tally
}

// A tapped is one connection. nil is one that nobody listens to.
type tapped struct {
	tap *tap

	mu             sync.Mutex
	client, server frames
	open           map[uint32]bool // streams without a whole answer
	last           uint32          // that was begun, as the last GOAWAY said
	declined       int             // by RST_STREAM
	log            []string        // the latest frames
}

// The types of frames that matter here, what flags and errors they have.
const (
	dataFrame    = 0
	headersFrame = 1
	resetFrame   = 3
	goAwayFrame  = 7

	endStream     = 1
	refusedStream = 7
)

func (t *tap) connection() *tapped {
	if t == nil {
		return nil
	}
	t.open.Add(1)
	c := &tapped{tap: t, open: map[uint32]bool{}, last: 1<<31 - 1}
	c.client.skip = len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	return c
}

// written takes what the client has written.
func (c *tapped) written(p []byte) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.client.feed(p, func(kind, flags byte, stream uint32, payload []byte) {
		c.note("client", kind, flags, stream, payload)
		if kind == headersFrame {
			c.open[stream] = true
			c.tap.add(tally{Sent: 1})
		}
	})
}

// delivered takes what has reached the client.
func (c *tapped) delivered(p []byte) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server.feed(p, func(kind, flags byte, stream uint32, payload []byte) {
		c.note("server", kind, flags, stream, payload)
		switch {
		case (kind == headersFrame || kind == dataFrame) && flags&endStream != 0:
			delete(c.open, stream)
		case kind == resetFrame && binary.BigEndian.Uint32(payload) == refusedStream:
			delete(c.open, stream)
			c.declined++
		case kind == goAwayFrame:
			c.last = binary.BigEndian.Uint32(payload)
		}
	})
}

// ended counts the streams that were not answered.
func (c *tapped) ended() {
	if c == nil {
		return
	}
	defer c.tap.open.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := tally{Opened: 1, Declined: c.declined}
	for stream := range c.open {
		if stream > c.last {
			s.Declined++
		} else {
			s.Lost++
		}
	}
	if s.Lost+s.Declined > 0 {
		s.explain(strings.Join(append(c.log, fmt.Sprintf("%v %d lost, %d declined",
			slices.Sorted(maps.Keys(c.open)), s.Lost, s.Declined)), "\n"))
	}
	c.tap.add(s)
}

func (t *tap) add(s tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tally.Sent += s.Sent
	t.tally.Lost += s.Lost
	t.tally.Declined += s.Declined
	t.tally.Opened += s.Opened
	for _, why := range s.why {
		t.tally.explain(why)
	}
}

// note keeps the latest frames.
func (c *tapped) note(who string, kind, flags byte, stream uint32, payload []byte) {
	if kind == dataFrame && flags&endStream == 0 {
		return
	}
	c.log = append(c.log, fmt.Sprintf("%s %s: frame type %d flags %d stream %d %x",
		time.Now().Format("05.000000"), who, kind, flags, stream, payload[:min(8, len(payload))]))
	if len(c.log) > 200 {
		c.log = append(c.log[:0:0], c.log[100:]...)
	}
}

// frames finds the frames in what is sent.
type frames struct {
	skip int // before the first one
	rest []byte
}

func (f *frames) feed(p []byte, found func(kind, flags byte, stream uint32, payload []byte)) {
	const head = 9
	f.rest = append(f.rest, p...)
	if f.skip > 0 {
		n := min(f.skip, len(f.rest))
		f.skip, f.rest = f.skip-n, f.rest[n:]
	}
	for len(f.rest) >= head {
		end := head + (int(f.rest[0])<<16 | int(f.rest[1])<<8 | int(f.rest[2]))
		if len(f.rest) < end {
			return
		}
		found(f.rest[3], f.rest[4], binary.BigEndian.Uint32(f.rest[5:]), f.rest[head:end])
		f.rest = f.rest[end:]
	}
}
