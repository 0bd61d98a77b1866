// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	lineChunk = 16 << 10 // bytes read at once
	lineQueue = 64       // chunks on their way, each direction
)

// A line is a connection on a long line: what goes in at one end, data and the end
// alike, comes out at the other after a delay. So an answer that was cut off and a
// close that the client cannot know of yet look as they do at a distance.
//
//	client ── pipe ── upload: chunks on their way ── socket ── server
//	                  download: the same, back
type line struct {
	net.Conn // the client's end of the pipe
	delay    time.Duration
	inner    net.Conn // the other end
	socket   net.Conn
	unhook   func() bool
	unread   atomic.Int64 // bytes that are there
	end      atomic.Pointer[error]
}

type chunk struct {
	data []byte
	due  time.Time
	err  error // the last chunk's
}

// newLine starts goroutines, which all knows. They end when the client has closed
// the connection and what was on its way has arrived, or soon after the end of run.
func newLine(run context.Context, socket net.Conn, delay time.Duration, all *sync.WaitGroup) *line {
	l := &line{delay: delay, socket: socket}
	l.Conn, l.inner = net.Pipe()
	l.unhook = context.AfterFunc(run, func() {
		l.Close()
		socket.Close()
	})
	up, down := make(chan chunk, lineQueue), make(chan chunk, lineQueue)
	all.Go(func() { l.depart(l.inner, up) })
	all.Go(func() { l.upload(up) })
	all.Go(func() { l.depart(socket, down) })
	all.Go(func() { l.download(down) })
	return l
}

// depart puts what comes from one end on its way.
func (l *line) depart(from io.Reader, to chan<- chunk) {
	defer close(to)
	for {
		buf := make([]byte, lineChunk)
		n, err := from.Read(buf)
		to <- chunk{buf[:n], time.Now().Add(l.delay), err}
		if err != nil {
			return
		}
	}
}

func (l *line) upload(from <-chan chunk) {
	for c := range from {
		time.Sleep(time.Until(c.due))
		if len(c.data) > 0 {
			_, _ = l.socket.Write(c.data) // reading says what is wrong
		}
	}
	l.unhook()
	l.socket.Close()
}

func (l *line) download(from <-chan chunk) {
	for c := range from {
		time.Sleep(time.Until(c.due))
		if len(c.data) > 0 {
			l.unread.Add(int64(len(c.data)))
			_, _ = l.inner.Write(c.data) // to a client that is gone, perhaps
		}
		if c.err != nil {
			l.end.Store(&c.err)
			l.inner.Close()
		}
	}
}

// readable reports whether there is something to read, or the end.
func (l *line) readable() bool { return l.unread.Load() > 0 || l.end.Load() != nil }

// Read returns the socket's own error at the end.
func (l *line) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	l.unread.Add(int64(-n))
	if end := l.end.Load(); errors.Is(err, io.EOF) && end != nil {
		err = *end
	}
	return n, err
}

// Write succeeds, as on a socket, when the other side has only closed: the
// kernel learns no more until something comes back.
func (l *line) Write(b []byte) (int, error) {
	n, err := 0, io.ErrClosedPipe
	if l.end.Load() == nil { // or it is about to be closed
		n, err = l.Conn.Write(b)
	}
	if end := l.end.Load(); errors.Is(err, io.ErrClosedPipe) && end != nil {
		if errors.Is(*end, io.EOF) {
			return len(b), nil
		}
		return n, *end
	}
	return n, err
}
