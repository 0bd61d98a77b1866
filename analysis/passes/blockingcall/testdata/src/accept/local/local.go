// SPDX-License-Identifier: Apache-2.0

// Package local serves clients on this machine only.
package local

import (
	"io"
	"net"
)

func serve() error {
	ln, err := net.Listen("unix", "/run/a.sock")
	if err != nil {
		return err
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		io.ReadAll(conn)
	}
}
