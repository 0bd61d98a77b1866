// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
	"testing"
)

// freeAddr returns an address where nobody listens. Its port is below those
// that Linux gives to clients (32768 and up): with one of those, a client that
// tries again while nobody listens may connect to itself, and keep the next
// instance away.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(22_000)))
		if ln, err := net.Listen("tcp", addr); err == nil {
			ln.Close()
			return addr
		}
	}
	t.Fatal("no free port")
	return ""
}

// inheritable returns a listener as a file descriptor that every process has
// which is started from now on, and its address.
func inheritable(t *testing.T) (fd int, addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err = syscall.Dup(int(f.Fd())) // which is not close-on-exec
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	return fd, ln.Addr().String()
}
