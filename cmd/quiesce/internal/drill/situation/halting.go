// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"net"
	"time"
)

// A halting connection sends half of what is written first, and waits before it
// sends the rest. The time that the handshake may take begins then.
type halting struct {
	*net.TCPConn
	wait    func() // nil once it was called
	timeout time.Duration
}

func (h *halting) Write(b []byte) (int, error) {
	if h.wait == nil {
		return h.TCPConn.Write(b)
	}
	half := len(b) / 2
	n, err := h.TCPConn.Write(b[:half])
	if err != nil {
		return n, err
	}
	h.wait()
	h.wait = nil
	_ = h.SetDeadline(time.Now().Add(h.timeout)) // if it fails, so does Write
	m, err := h.TCPConn.Write(b[half:])
	return n + m, err
}
