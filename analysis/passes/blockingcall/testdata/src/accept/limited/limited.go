// SPDX-License-Identifier: Apache-2.0

// Package limited has a listener that sets deadlines.
package limited

import (
	"io"
	"net"
	"time"
)

type listener struct {
	net.Listener
}

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(time.Second))
}

func serve(ln net.Listener) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		io.ReadAll(conn)
	}
}
