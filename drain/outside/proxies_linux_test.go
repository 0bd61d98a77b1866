// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"text/template"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// readinessDelay is what the checks of the proxies need to see an instance that
// is not ready any more: two, 100 ms apart, and as much again.
const readinessDelay = 400 * time.Millisecond

// A front is a proxy before two instances, as its configuration names it.
type front struct {
	Front, A, B string
	Reuse       string // haproxy
	dir         string
	app         config // of the instances, but for the address
}

func newFront(t *testing.T) front {
	t.Helper()
	return front{Front: freeAddr(t), A: freeAddr(t), B: freeAddr(t), dir: t.TempDir()}
}

// configure writes a configuration and returns where it is.
func (f front) configure(t *testing.T, name string) string {
	t.Helper()
	text, err := template.ParseFiles(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.dir, name)
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := text.Execute(file, f); err != nil {
		t.Fatal(err)
	}
	return path
}

// nginx starts nginx.
func (f front) nginx(t *testing.T) {
	t.Helper()
	path := program(t, "nginx", "/usr/sbin/nginx")
	f.begin(t, guarded("TERM", path, "-p", f.dir, "-e", "error.log", "-c", f.configure(t, "nginx.conf")))
}

// haproxy starts haproxy.
func (f front) haproxy(t *testing.T) {
	t.Helper()
	path := program(t, "haproxy", "/usr/sbin/haproxy")
	f.begin(t, guarded("TERM", path, "-db", "-f", f.configure(t, "haproxy.cfg")))
}

// begin starts the proxy and waits until it accepts connections.
func (f front) begin(t *testing.T, c quiescetest.Command) {
	t.Helper()
	c.Timeout = clientLife
	p := c.Start(t)
	t.Cleanup(func() {
		p.CloseStdin()
		p.Wait() // a proxy that was told to end by a signal says so in its code
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // neither says when
		conn, err := net.Dial("tcp", f.Front)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the proxy does not accept connections: %v\n%s", err, p.Stderr())
		}
	}
}

// roll restarts both instances n times, one after the other, under a load that
// comes through the proxy and repeats nothing.
func (f front) roll(t *testing.T, proxy func(*testing.T), n int) tally {
	t.Helper()
	a, b := f.app, f.app
	a.addr, b.addr = f.A, f.B
	oldA, oldB := a.start(t), b.start(t)
	proxy(t)
	l := goLoad(t, site{protocol: http1, addr: f.Front})
	oldA.underLoad()
	oldB.underLoad()
	for range n {
		oldA.stop()
		oldA = a.start(t).underLoad()
		oldB.stop()
		oldB = b.start(t).underLoad()
	}
	s := l.end(t)
	t.Logf("%d stops: %v", 2*n, s)
	return s
}
