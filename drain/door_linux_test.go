// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"time"
)

func listenDoor(t *testing.T) *door {
	t.Helper()
	d, err := NewServer(&http.Server{Addr: "127.0.0.1:0"}).bind(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// Whoever connected before the door was shut is accepted, however late the
// accepting goroutine gets its turn; then nobody is.
func TestDoorEmptiesQueue(t *testing.T) {
	d := listenDoor(t)
	const clients = 20
	for range clients {
		c, err := net.Dial("tcp", d.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	time.Sleep(2 * doorQuiet) // the delay under test: the door has long been quiet
	d.shut()
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
}

// While the door is being shut new connections are neither accepted nor reset.
func TestDoorHoldsOff(t *testing.T) {
	d := listenDoor(t)
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

// A listener of one's own is held off as one that the server binds; another, which
// may be shared, is not.
func TestOwnListenerIsHeldOff(t *testing.T) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	for own, with := range map[bool]func(net.Listener) Option{true: WithOwnListener, false: WithListener} {
		ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		d, err := NewServer(&http.Server{}, with(ln)).bind(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d.shut()
		c, err := net.DialTimeout("tcp", ln.Addr().String(), 50*time.Millisecond)
		if (err != nil) != own {
			t.Errorf("own %v: dial = %v", own, err)
		}
		if c != nil {
			c.Close()
		}
	}
}

// A door that nobody has come to for a while is closed at once.
func TestQuietDoorIsClosedAtOnce(t *testing.T) {
	d := listenDoor(t)
	if q := d.quiet(); q != 0 {
		t.Errorf("a new door waits for %v", q)
	}
	c, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := d.Accept(); err != nil {
		t.Fatal(err)
	}
	if q := d.quiet(); q <= 0 || q > doorQuiet {
		t.Errorf("a door that somebody just came to waits for %v, want up to %v", q, doorQuiet)
	}
}
