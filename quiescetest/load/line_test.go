// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A line with its other end, in virtual time.
func inLine(t *testing.T, delay time.Duration, f func(t *testing.T, client *line, server net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		socket, server := net.Pipe()
		var all sync.WaitGroup
		l := newLine(t.Context(), socket, delay, &all)
		f(t, l, server)
		l.Close()
		server.Close()
		all.Wait()
	})
}

func TestLineDelaysBothWays(t *testing.T) {
	const delay = 5 * time.Millisecond
	inLine(t, delay, func(t *testing.T, l *line, server net.Conn) {
		began := time.Now()
		buf := make([]byte, 4)
		if _, err := io.WriteString(l, "ping"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("Write took %v, want none", took)
		}
		if _, err := io.ReadFull(server, buf); err != nil || time.Since(began) != delay {
			t.Errorf("got there after %v, %v; want %v", time.Since(began), err, delay)
		}
		io.WriteString(server, "pong")
		if _, err := io.ReadFull(l, buf); err != nil || time.Since(began) != 2*delay {
			t.Errorf("answered after %v, %v; want %v", time.Since(began), err, 2*delay)
		}
	})
}

// The close of the other side is not seen before its time; what is written
// meanwhile, and after, is lost without an error.
func TestLineDelaysTheEnd(t *testing.T) {
	const delay = 5 * time.Millisecond
	inLine(t, delay, func(t *testing.T, l *line, server net.Conn) {
		server.Close()
		time.Sleep(delay - 1)
		synctest.Wait()
		if l.readable() {
			t.Error("the end is visible too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !l.readable() {
			t.Error("the end is not visible")
		}
		if n, err := io.WriteString(l, "ping"); n != 4 || err != nil {
			t.Errorf("Write = %d, %v; want 4, nil", n, err)
		}
		if _, err := l.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read = %v, want EOF", err)
		}
	})
}

// A failing is a connection whose reads fail.
type failing struct {
	net.Conn
	err error
}

func (c failing) Read([]byte) (int, error) { return 0, c.err }

func TestLineKeepsTheError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		socket, server := net.Pipe()
		defer server.Close()
		var all sync.WaitGroup
		defer all.Wait()
		l := newLine(t.Context(), failing{socket, syscall.ECONNRESET}, time.Second, &all)
		defer l.Close()
		if _, err := l.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("Read = %v, want ECONNRESET", err)
		}
		if n, err := l.Write([]byte("x")); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("Write = %d, %v; want 0, ECONNRESET", n, err)
		}
	})
}

// What waits to be read is visible, as it is in a socket's buffer.
func TestLineShowsWhatIsUnread(t *testing.T) {
	inLine(t, time.Second, func(t *testing.T, l *line, server net.Conn) {
		io.WriteString(server, "x")
		time.Sleep(time.Second)
		synctest.Wait()
		if !l.readable() {
			t.Error("unread data is not visible")
		}
		l.Read(make([]byte, 1))
		synctest.Wait()
		if l.readable() {
			t.Error("data that was read is visible")
		}
	})
}

// A server that does not read holds no goroutine beyond the session.
func TestLineEndsWithTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		socket, server := net.Pipe()
		defer server.Close()
		run, giveUp := context.WithCancel(t.Context())
		var all sync.WaitGroup
		l := newLine(run, socket, time.Second, &all)
		io.WriteString(l, "nobody reads this")
		l.Close()
		time.Sleep(time.Hour)
		giveUp()
		all.Wait() // or the bubble is deadlocked
	})
}
