// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// goAwayGap is between the two GOAWAYs that a client gets. What it had sent when
// it got the first has arrived by then if the round trip is shorter than this.
const goAwayGap = 50 * time.Millisecond

// net/http's GOAWAY names the last stream that has arrived, so that requests on
// their way are lost (golang.org/issue/78968). RFC 9113, 6.8, has one before it
// that names the highest stream there can be: clients begin no more, and what
// they have begun is still served. That one we put into the stream ourselves.

const (
	// h2Preface is what a client says first.
	h2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

	// goAwayFrame is the type of a GOAWAY.
	goAwayFrame = 7

	// h2GoAway is a GOAWAY of no error with the highest stream.
	h2GoAway = "\x00\x00\x08\x07\x00\x00\x00\x00\x00" + "\x7f\xff\xff\xff" + "\x00\x00\x00\x00"
)

// A framed is a server's HTTP/2 connection that knows where frames end in what
// is written, so that one of ours fits in between.
type framed struct {
	net.Conn
	unread string          // of the client's preface, where net/http has read it
	ctx    context.Context // of the connection
	ended  chan struct{}   // closed when the connection is, and its carrier has done with it

	warning atomic.Bool // the GOAWAY is to be written
	warned  sync.Once

	mu      sync.Mutex
	started bool    // the first frame, which must be SETTINGS, was begun
	told    bool    // so was a GOAWAY of net/http's, after which ours is wrong
	head    [4]byte // length and type of a frame
	have    int     // how much of the 9 bytes before its payload was written
	rest    int     // of its payload
}

func newFramed(ctx context.Context, c net.Conn) *framed {
	return &framed{Conn: c, ctx: ctx, ended: make(chan struct{})}
}

func (f *framed) inner() net.Conn { return f.Conn }

func (f *framed) Read(p []byte) (int, error) {
	if f.unread != "" {
		n := copy(p, f.unread)
		f.unread = f.unread[n:]
		return n, nil
	}
	return f.Conn.Read(p)
}

func (f *framed) Write(p []byte) (int, error) {
	f.mu.Lock()
	n, err := f.Conn.Write(p)
	f.follow(p[:n])
	f.unlock()
	return n, err
}

// follow keeps count of where in a frame p ends.
func (f *framed) follow(p []byte) {
	for len(p) > 0 {
		if f.rest > 0 {
			n := min(f.rest, len(p))
			f.rest, p = f.rest-n, p[n:]
			continue
		}
		if f.have < len(f.head) {
			f.head[f.have] = p[0]
		}
		p = p[1:]
		if f.have++; f.have == 9 {
			f.have, f.started = 0, true
			f.told = f.told || f.head[3] == goAwayFrame
			f.rest = int(f.head[0])<<16 | int(f.head[1])<<8 | int(f.head[2])
		}
	}
}

// warn writes the first GOAWAY, now or, if a frame is being written, after it.
// It may block as long as the client does not read.
func (f *framed) warn() {
	f.warned.Do(func() {
		f.warning.Store(true)
		if f.mu.TryLock() {
			f.unlock()
		}
	})
}

// unlock writes what is to be written before it gives the lock up. Who finds the
// lock taken has said so before, and whoever holds it looks after that, too.
func (f *framed) unlock() {
	f.warnLocked()
	f.mu.Unlock()
	if f.warning.Load() && f.mu.TryLock() {
		f.warnLocked()
		f.mu.Unlock()
	}
}

func (f *framed) warnLocked() {
	if f.started && f.have+f.rest == 0 && f.warning.Swap(false) && !f.told {
		_, _ = io.WriteString(f.Conn, h2GoAway) // a broken connection is the server's to notice
	}
}
