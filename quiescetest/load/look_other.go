// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package load

import (
	"context"
	"net"
	"sync"
	"time"
)

// newConn wraps a socket. A goroutine that reads sees its end.
func newConn(run context.Context, socket net.Conn, delay time.Duration, lines *sync.WaitGroup) *conn {
	l := newLine(run, socket, delay, lines)
	return &conn{Conn: l, look: l.readable}
}
