// SPDX-License-Identifier: Apache-2.0

package quiescews

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/go-quiesce/quiesce/drain"
)

// A Conn is a websocket that is closed in a drain. It is used as the
// websocket.Conn that it holds, which wsjson and others want.
type Conn struct {
	*websocket.Conn

	// Work holds the close frame back: after it nothing can be sent any more.
	// Who enters before a message is handled and leaves when it is answered is
	// waited for, until shortly before the drain's deadline. Who is refused
	// should return: the message that was read is not answered.
	Work drain.Gate

	raw  net.Conn
	gone <-chan struct{} // closed with raw
	cfg  *config
}

// attend returns when the connection is closed and its handler has returned, and
// closes it when its turn comes.
func (c *Conn) attend(handle *drain.Handle, name string, handler context.Context) {
	long := handle.Long(name)
	defer long.End()
	select {
	case <-long.Turn():
		c.leave(handle)
	case <-c.gone:
	}
	<-c.gone
	<-handler.Done()
}

// leave closes the connection as the protocol has it. The library takes up to ten
// seconds for that, in which its CloseNow waits too; what is bounded is the
// connection below.
func (c *Conn) leave(handle *drain.Handle) {
	c.finish(handle)
	cut := time.AfterFunc(c.cfg.handshake, func() { _ = c.raw.Close() })
	defer cut.Stop()
	_ = c.Close(c.cfg.code, c.cfg.reason)
}

// finish waits for Work, while there is somebody to answer.
func (c *Conn) finish(handle *drain.Handle) {
	c.Work.Shut()
	var late <-chan time.Time
	if deadline, ok := handle.Deadline(); ok {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-c.Work.Drained():
	case <-c.gone:
	case <-late:
	}
}

// A hijacker gives the library a connection whose Close is seen.
type hijacker struct {
	http.ResponseWriter
	conn net.Conn
	gone chan struct{}
}

// Hijack is called by the library.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &seenConn{Conn: c, see: sync.OnceFunc(func() { close(h.gone) })}
	return h.conn, rw, nil
}

// WriteHeaderNow is gin's: the library calls it, since its Hijack would come
// before the answer.
func (h *hijacker) WriteHeaderNow() {
	if w, ok := h.ResponseWriter.(interface{ WriteHeaderNow() }); ok {
		w.WriteHeaderNow()
	}
}

type seenConn struct {
	net.Conn
	see func()
}

// Close closes the connection and tells who attends it.
func (c *seenConn) Close() error {
	defer c.see()
	return c.Conn.Close()
}
