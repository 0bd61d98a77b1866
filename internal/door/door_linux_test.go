// SPDX-License-Identifier: Apache-2.0

package door

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func bind(t *testing.T, network, addr string) *Door {
	t.Helper()
	d, err := Bind(t.Context(), network, addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func dial(t *testing.T, d *Door) {
	t.Helper()
	c, err := net.Dial(d.Addr().Network(), d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
}

// overSockets runs f with a door of each kind.
func overSockets(t *testing.T, f func(*testing.T, *Door)) {
	t.Run("tcp", func(t *testing.T) { f(t, bind(t, "tcp", "127.0.0.1:0")) })
	t.Run("unix", func(t *testing.T) { f(t, bind(t, "unix", filepath.Join(socketDir(t), "s"))) })
}

// socketDir is short enough for the name of a Unix socket.
func socketDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "door")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Whoever connected before the door was shut is accepted, however late the
// accepting goroutine gets its turn; then nobody is.
func TestShutEmptiesTheQueue(t *testing.T) {
	overSockets(t, func(t *testing.T, d *Door) {
		const clients = 20
		for range clients {
			dial(t, d)
		}
		time.Sleep(2 * Quiet) // the delay under test: the door has long been quiet
		d.Shut()
		for range clients {
			c, err := d.Accept()
			if err != nil {
				t.Fatalf("Accept = %v with a connection in the queue", err)
			}
			c.Close()
		}
		if _, err := d.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept = %v, want %v", err, net.ErrClosed)
		}
	})
}

// While the door is being shut new connections are neither accepted nor reset.
func TestHoldsOff(t *testing.T) {
	d := bind(t, "tcp", "127.0.0.1:0")
	holdOff(d.Listener)
	c, err := net.DialTimeout("tcp", d.Addr().String(), 50*time.Millisecond)
	if err == nil {
		c.Close()
		t.Fatal("connected to a door that holds off")
	}
	if ne, ok := errors.AsType[net.Error](err); !ok || !ne.Timeout() {
		t.Errorf("dial = %v, want a timeout", err)
	}
	if waiting, known := hasQueue(d.Listener); waiting || !known {
		t.Errorf("a connection is in the queue: %v, known: %v", waiting, known)
	}
}

// A door that nobody has come to for a while is closed at once.
func TestQuietDoorIsClosedAtOnce(t *testing.T) {
	overSockets(t, func(t *testing.T, d *Door) {
		if q := d.quiet(); q != 0 {
			t.Errorf("a new door waits for %v", q)
		}
		dial(t, d)
		c, err := d.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if q := d.quiet(); q <= 0 || q > Quiet {
			t.Errorf("a door that somebody just came to waits for %v, want up to %v", q, Quiet)
		}
	})
}

// A name that a successor has taken is not removed, whatever is called when.
func TestUnixName(t *testing.T) {
	for name, end := range map[string]func(*Door){
		"Shut":  (*Door).Shut,
		"Close": func(d *Door) { d.Close() },
		"Leave": (*Door).Leave,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(socketDir(t), "s")
			d := bind(t, "unix", path)
			end(d)
			if _, err := os.Stat(path); (err == nil) != (name == "Leave") {
				t.Errorf("stat = %v", err)
			}
			_ = os.Remove(path)
			bind(t, "unix", path)
			d.Shut()
			d.Close()
			if _, err := os.Stat(path); err != nil {
				t.Errorf("the successor's name was removed: %v", err)
			}
		})
	}
}

// hidden is a listener without deadlines.
type hidden struct{ net.Listener }

// Of a listener that cannot be emptied nobody is promised anything, but it is closed.
func TestShutWithoutDeadlines(t *testing.T) {
	inner := bind(t, "tcp", "127.0.0.1:0")
	d := New(hidden{inner}, true, nil)
	d.Shut()
	if _, err := d.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept = %v, want %v", err, net.ErrClosed)
	}
}

// So it is if the process did not run for longer than the emptying may take.
func TestShutEmptiesTheQueueLate(t *testing.T) {
	d := bind(t, "tcp", "127.0.0.1:0")
	const clients = 20
	for range clients {
		dial(t, d)
	}
	d.Shut()
	d.last = time.Now().Add(-time.Second)
	for n := range clients {
		c, err := d.Accept()
		if err != nil {
			t.Fatalf("%d of %d were accepted: %v", n, clients, err)
		}
		c.Close()
	}
	if _, err := d.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept = %v, want %v", err, net.ErrClosed)
	}
}
