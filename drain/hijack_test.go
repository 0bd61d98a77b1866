// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// hijacker takes every connection over and hands it to f on another goroutine.
func hijacker(f func(net.Conn)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			go f(c)
		}
	})
}

// A hijacked connection is waited for until it is closed, however often.
func TestDrainWaitsForHijacked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{Handler: hijacker(func(c net.Conn) {
			time.Sleep(20 * time.Second)
			c.Close()
			c.Close()
		})})
		c := r.dial()
		if err := c.send("/"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got, want := r.Counts(), (Counts{Hijacked: 1}); got != want {
			t.Errorf("Counts = %+v, want %+v", got, want)
		}
		r.wantDrained(r.drainFor(t.Context()), 20*time.Second)
		r.wantEOF(c)
		r.end()
	})
}

// One that was closed before the drain is forgotten.
func TestDrainForgetsClosedHijacked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &http.Server{Handler: hijacker(func(c net.Conn) { c.Close() })})
		c := r.dial()
		if err := c.send("/"); err != nil {
			t.Fatal(err)
		}
		r.wantEOF(c)
		synctest.Wait()
		if n := len(r.books.list()); n != 0 {
			t.Errorf("%d connections on the books, want none", n)
		}
		r.wantDrained(r.drainFor(t.Context()), 0)
		r.end()
	})
}

// What reads from a hijacked connection is woken before the deadline; what does
// not listen even then is named, and closed by Force.
func TestDrainOverrunByHijacked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, woken := time.Now(), make(chan time.Duration, 1)
		r := newRig(t, &http.Server{Handler: hijacker(func(c net.Conn) {
			_, err := c.Read(make([]byte, 1))
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("read = %v, want %v", err, os.ErrDeadlineExceeded)
			}
			woken <- time.Since(start)
		})})
		c := r.dial()
		if err := c.send("/"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ctx, cancel := contextFor(t, 8*time.Second)
		defer cancel()
		d := <-r.drainFor(ctx)
		want := "drain 192.0.2.1:80: no connection busy, 0 idle, 1 hijacked (pipe): context deadline exceeded"
		if d.took != 8*time.Second || d.err == nil || d.err.Error() != want {
			t.Errorf("Drain = %v after %v, want %s after 8s", d.err, d.took, want)
		}
		if at := <-woken; at != 7*time.Second {
			t.Errorf("woken after %v, want 7s", at)
		}
		r.end()
		r.wantEOF(c)
		if n := len(r.books.list()); n != 0 {
			t.Errorf("%d connections on the books after Force, want none", n)
		}
	})
}

// A Close that comes before the hijack is not missed.
func TestHijackOfClosedConn(t *testing.T) {
	var b books
	b.signal = func() {}
	c := b.wrap(new(net.TCPConn))
	b.track(c, http.StateNew)
	b.beginDrain(time.Second)
	b.track(c, http.StateActive)
	c.Close()
	b.track(c, http.StateHijacked)
	if got := b.counts(); got != (tally{}) || len(b.list()) > 0 {
		t.Errorf("counts = %v and %d listed, want none", got, len(b.list()))
	}
}

// Under TLS the connection that is closed is the one that is wrapped, and
// net/http finds its *tls.Conn outermost.
func TestDrainWaitsForHijackedOverTLS(t *testing.T) {
	certs := httptest.NewTLSServer(nil)
	defer certs.Close()
	held := make(chan net.Conn, 1)
	r, addr := listenRig(t, &http.Server{
		TLSConfig: certs.TLS.Clone(),
		Handler:   hijacker(func(c net.Conn) { held <- c }),
	})
	conf := certs.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	conf.ServerName = "example.com"
	conn, err := tls.Dial("tcp", addr, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := newClient(conn)
	if err := c.send("/"); err != nil {
		t.Fatal(err)
	}
	server := <-held
	if _, ok := server.(*tls.Conn); !ok {
		t.Errorf("the handler hijacked a %T, want a *tls.Conn", server)
	}
	done := r.drainFor(t.Context())
	<-r.serving // the door is closed
	if n := r.books.counts(); n != (tally{hijacked: 1}) {
		t.Errorf("counts = %v, want one hijacked", n)
	}
	server.Close()
	if d := <-done; d.err != nil {
		t.Errorf("Drain = %v, want nil", d.err)
	}
	r.end()
}

// A listener that returns TLS connections itself works as it does with net/http:
// what is hijacked is the handler's alone.
func TestDrainOfTLSListener(t *testing.T) {
	certs := httptest.NewTLSServer(nil)
	defer certs.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	held := make(chan net.Conn, 1)
	srv := &http.Server{Handler: hijacker(func(c net.Conn) { held <- c })}
	r := startRig(t, NewServer(srv, WithListener(tls.NewListener(ln, certs.TLS))))
	conf := certs.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	conf.ServerName = "example.com"
	conn, err := tls.Dial("tcp", ln.Addr().String(), conf)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := newClient(conn).send("/"); err != nil {
		t.Fatal(err)
	}
	defer (<-held).Close()
	if err := r.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v, want nil", err)
	}
	if n := len(r.books.list()); n != 0 {
		t.Errorf("%d connections on the books, want none", n)
	}
	r.end()
}

// Hooks see the connection that the listener returned; whoever hijacks one finds
// the methods that it has.
func TestWrapperKeepsMethods(t *testing.T) {
	for network, addr := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		t.Run(network, func(t *testing.T) {
			var b books
			_, raw := socketPair(t, network, addr)
			c := b.wrap(raw)
			if unwrap(c) != raw {
				t.Errorf("unwrap = %T, want the connection itself", unwrap(c))
			}
			for name, has := range map[string]bool{
				"io.ReaderFrom": is[io.ReaderFrom](c) == is[io.ReaderFrom](raw),
				"io.WriterTo":   is[io.WriterTo](c) == is[io.WriterTo](raw),
				"syscall.Conn":  is[syscall.Conn](c),
				"CloseWrite":    is[interface{ CloseWrite() error }](c),
				"File":          is[interface{ File() (*os.File, error) }](c),
			} {
				if !has {
					t.Errorf("%T has not the same %s as %T", c, name, raw)
				}
			}
		})
	}
}

func is[T any](c net.Conn) bool {
	_, ok := c.(T)
	return ok
}

// A connection of the user's own keeps the methods that it has, and says so of
// those that it has not.
func TestWrapperOfOtherConn(t *testing.T) {
	var b books
	type mine struct{ net.Conn }
	client, server := net.Pipe()
	bare := b.wrap(mine{server}).(*otherConn)
	if err := bare.CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("CloseWrite = %v, want %v", err, errors.ErrUnsupported)
	}
	if _, err := bare.SyscallConn(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("SyscallConn = %v, want %v", err, errors.ErrUnsupported)
	}
	go func() {
		if n, err := bare.ReadFrom(strings.NewReader("hello")); n != 5 || err != nil {
			t.Errorf("ReadFrom = %d, %v; want 5, nil", n, err)
		}
		bare.Close()
	}()
	if got, err := io.ReadAll(client); string(got) != "hello" || err != nil {
		t.Errorf("read %q, %v; want hello", got, err)
	}

	type mineToo struct{ *net.TCPConn }
	far, near := socketPair(t, "tcp", "127.0.0.1:0")
	full := b.wrap(mineToo{near.(*net.TCPConn)}).(*otherConn)
	if _, err := full.SyscallConn(); err != nil {
		t.Errorf("SyscallConn = %v, want nil", err)
	}
	if err := full.CloseWrite(); err != nil {
		t.Errorf("CloseWrite = %v, want nil", err)
	}
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read after CloseWrite = %v, want EOF", err)
	}
}
