// SPDX-License-Identifier: Apache-2.0

package door

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

// The door waits for clients that are connected and of which the kernel here has not
// heard the last segment yet, but not for ever.
func TestDoorAwaitsHandshakes(t *testing.T) {
	lc := net.ListenConfig{Control: deferAccept}
	lc.SetMultipathTCP(false)
	for _, addr := range []string{"127.0.0.1:0", ":0"} {
		ln, err := lc.Listen(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		d := New(ln, true, nil)
		late, silent := dialDoor(t, d), dialDoor(t, d)
		began := time.Now()
		d.Shut()
		time.AfterFunc(2*Quiet, func() { _, _ = late.Write([]byte("x")) }) // the delay under test
		c, err := d.Accept()
		if err != nil {
			t.Fatalf("%s: Accept = %v with a handshake under way", addr, err)
		}
		defer c.Close()
		if c.RemoteAddr().String() != late.LocalAddr().String() {
			t.Errorf("%s: accepted %v, want %v, not %v", addr, c.RemoteAddr(), late.LocalAddr(), silent.LocalAddr())
		}
		if _, err := d.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: Accept = %v, want %v", addr, err, net.ErrClosed)
		}
		if took := time.Since(began); took < most {
			t.Errorf("%s: closed after %v, want %v with a handshake under way", addr, took, most)
		}
	}
}

// deferAccept makes the kernel await data, not just an empty segment, so that the
// client decides when the handshake is over.
func deferAccept(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_DEFER_ACCEPT, 5)
	})
}

func dialDoor(t *testing.T, d *Door) net.Conn {
	t.Helper()
	_, port, _ := net.SplitHostPort(d.Addr().String())
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
