// SPDX-License-Identifier: Apache-2.0

//go:build unix

package drain

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestHasInput(t *testing.T) {
	for network, addr := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		t.Run(network, func(t *testing.T) {
			client, server := socketPair(t, network, addr)
			check := func(want bool) {
				t.Helper()
				for _, c := range []net.Conn{server, tls.Server(server, &tls.Config{})} {
					if got := hasInput(c); got != want {
						t.Errorf("hasInput(%T) = %v, want %v", c, got, want)
					}
				}
			}
			check(false)
			if _, err := io.WriteString(client, "GET"); err != nil {
				t.Fatal(err)
			}
			check(true)
			if _, err := io.ReadFull(server, make([]byte, 3)); err != nil {
				t.Fatal(err)
			}
			check(false)
		})
	}
	if hasInput(new(deadlineConn)) {
		t.Error("hasInput = true for a connection without a socket")
	}
}

// A connection whose request nobody has read yet does not expire.
func TestUnreadRequestKeepsConn(t *testing.T) {
	client, server := socketPair(t, "tcp", "127.0.0.1:0")
	var books books
	books.signal = func() {}
	books.track(server, http.StateNew)
	books.beginDrain(time.Minute)
	if _, err := io.WriteString(client, "G"); err != nil {
		t.Fatal(err)
	}
	books.expire(time.Now().Add(2 * time.Minute))
	if _, err := io.ReadFull(server, make([]byte, 1)); err != nil {
		t.Errorf("read after expire = %v, want nil", err)
	}
	books.expire(time.Now().Add(4 * time.Minute))
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read of an idle connection = %v, want %v", err, os.ErrDeadlineExceeded)
	}
}
