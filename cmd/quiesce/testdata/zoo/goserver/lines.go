// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
)

// correctLines answers each line by "ok" and the line.
func correctLines(z *zoo) int {
	app := z.app()
	app.Add("lines", quiesce.Conns(drain.Protocol{Addr: z.addr, Serve: z.lines}))
	return app.Main()
}

// patience is how long a connection may be idle when the server is drained.
const patience = 2 * time.Second

// lines answers lines. When the server is drained it ends the connection with an
// answer: between two lines one may be on its way.
func (z *zoo) lines(ctx context.Context, c net.Conn) {
	leave, end := leaving(ctx, "lines")
	defer end()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-leave:
			_ = c.SetReadDeadline(time.Now().Add(patience))
		case <-over:
		}
	}()
	for in := bufio.NewReader(c); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		z.count.began.Add(1)
		var last bool
		select {
		case <-leave:
			last = true
		default:
		}
		if err := answer(c, "ok "+line, last); err != nil {
			return
		}
		z.count.finished.Add(1)
		if last {
			return
		}
	}
}

// answer writes an answer. The end of the connection is in the same segment as the last
// one: the client that has read it knows that it is the last.
func answer(c net.Conn, text string, last bool) error {
	tcp, ok := c.(*net.TCPConn)
	if last && ok {
		if err := cork(tcp); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprint(c, text); err != nil {
		return err
	}
	if last && ok {
		return tcp.CloseWrite()
	}
	return nil
}

// cork keeps what is written back until a segment is full, or the stream ends.
func cork(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CORK, 1)
	})
	if err != nil {
		return err
	}
	return failed
}
