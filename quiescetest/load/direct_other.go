// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package load

import "net"

// A direct exchange is not known here.
type direct struct {
	out   []byte
	wrote int
}

func newDirect(net.Conn) *direct { return nil }

// Read is never called.
func (*direct) Read([]byte) (int, error) { return 0, errPartial }
