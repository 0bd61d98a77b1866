// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"
)

// errStop is the cause in most tests.
var errStop = errors.New("stopped by the test")

// patience bounds what must not hang. Nothing waits for it in a good run.
const patience = 30 * time.Second

// A transport makes a connection's two ends.
type transport struct {
	name string
	pair func(t testing.TB) (net.Conn, net.Conn)
}

var transports = []transport{
	{"tcp", tcpPair},
	{"unix", unixPair},
	{"tls", tlsPair},
	{"pipe", pipePair},
}

func closing(t testing.TB, a, b net.Conn) (net.Conn, net.Conn) {
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	return a, b
}

func pipePair(t testing.TB) (net.Conn, net.Conn) {
	a, b := net.Pipe()
	return closing(t, a, b)
}

func tcpPair(t testing.TB) (net.Conn, net.Conn) { return pairFrom(t, listen(t, "tcp", "127.0.0.1:0")) }

func unixPair(t testing.TB) (net.Conn, net.Conn) {
	return pairFrom(t, listen(t, "unix", filepath.Join(t.TempDir(), "s")))
}

func listen(t testing.TB, network, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func pairFrom(t testing.TB, l net.Listener) (net.Conn, net.Conn) {
	t.Helper()
	client, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return closing(t, client, server)
}

// tlsPair returns a client and a server that have shaken hands.
func tlsPair(t testing.TB) (net.Conn, net.Conn) {
	t.Helper()
	a, b := tcpPair(t)
	client := tls.Client(a, &tls.Config{InsecureSkipVerify: true})
	server := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{certificate()}})
	failed := make(chan error, 1)
	go func() { failed <- server.Handshake() }()
	if err := errors.Join(client.Handshake(), <-failed); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// certificate borrows that of httptest.
func certificate() tls.Certificate {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.StartTLS()
	defer s.Close()
	return s.TLS.Certificates[0]
}

// within fails the test if f does not return.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		f()
	}()
	wait(t, what, returned)
}

func wait(t testing.TB, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		buf := make([]byte, 1<<16)
		t.Fatalf("%s: still waiting\n%s", what, buf[:runtime.Stack(buf, true)])
	}
}

// blocked returns once a goroutine of this package waits in a function whose name
// contains each of the words. Only the runtime knows that, and it tells nobody, so
// this looks again and again.
func blocked(t testing.TB, words ...string) {
	t.Helper()
	buf := make([]byte, 1<<20)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for stack := range bytes.SplitSeq(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
			head, _, _ := bytes.Cut(stack, []byte("\n"))
			if bytes.Contains(head, []byte("running")) || bytes.Contains(head, []byte("runnable")) {
				continue
			}
			if containsAll(stack, words) {
				return
			}
		}
	}
	t.Fatalf("no goroutine is blocked in %q", words)
}

// vanished returns once no goroutine is in a function whose name contains word.
func vanished(t testing.TB, word string) {
	t.Helper()
	buf := make([]byte, 1<<20)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if !bytes.Contains(buf[:runtime.Stack(buf, true)], []byte(word)) {
			return
		}
	}
	t.Fatalf("a goroutine is still in %s", word)
}

func containsAll(b []byte, words []string) bool {
	for _, w := range words {
		if !bytes.Contains(b, []byte(w)) {
			return false
		}
	}
	return true
}

// wantCause checks that err is the end of a context and nothing else.
func wantCause(t testing.TB, err, cause error) {
	t.Helper()
	if !errors.Is(err, cause) {
		t.Errorf("error = %v, want one that wraps %v", err, cause)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error = %v, which wraps os.ErrDeadlineExceeded", err)
	}
}

// isTemporary asks as net/http's accept loop does.
func isTemporary(err error) bool {
	t, ok := err.(interface{ Temporary() bool })
	return ok && t.Temporary()
}

func stoppable(t testing.TB) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	t.Cleanup(func() { cancel(nil) })
	return ctx, cancel
}

// fill writes until it fails, and returns the error.
func fill(w io.Writer) error {
	p := make([]byte, 1<<16)
	for {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
}

// labelled returns the stacks in a goroutine profile that have a label.
func labelled(t testing.TB, key, value string) string {
	t.Helper()
	var profile, out bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, strconv.Quote(key)+":"+strconv.Quote(value)) {
			out.WriteString(stack)
		}
	}
	return out.String()
}
