// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package drops

import (
	"context"
	"net"
	"sync"
	"time"
)

// newConn wraps a socket. A goroutine that reads sees its end.
func newConn(run context.Context, socket net.Conn, delay time.Duration, lines *sync.WaitGroup) *conn {
	l := newLag(run, socket, delay, lines)
	return &conn{Conn: l, look: l.readable}
}
