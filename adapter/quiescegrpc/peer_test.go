// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"math"
	"net"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// A peer is a client that does only what it is told to.
type peer struct {
	*testing.T
	net.Conn
	*http2.Framer
}

func newPeer(t *testing.T, r *running) *peer {
	t.Helper()
	c := connect(t, r.Addr())
	p := &peer{t, c, http2.NewFramer(c, c)}
	p.greet()
	for { // the first of the server's frames says nothing about our own
		if f, ok := p.next().(*http2.SettingsFrame); ok && f.IsAck() {
			return p
		}
	}
}

func (p *peer) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *peer) greet() {
	p.Helper()
	_, err := io.WriteString(p.Conn, http2.ClientPreface)
	p.must(errors.Join(err, p.WriteSettings()))
}

func (p *peer) next() http2.Frame {
	p.Helper()
	f, err := p.ReadFrame()
	p.must(err)
	return f
}

// goAway reads up to the next GOAWAY.
func (p *peer) goAway() *http2.GoAwayFrame {
	p.Helper()
	for {
		if f, ok := p.next().(*http2.GoAwayFrame); ok {
			return f
		}
	}
}

// call sends the headers of a unary call.
func (p *peer) call(id uint32) {
	p.Helper()
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, f := range [][2]string{
		{":method", "POST"},
		{":scheme", "http"},
		{":path", doMethod},
		{":authority", "test"},
		{"content-type", "application/grpc"},
		{"te", "trailers"},
	} {
		p.must(enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}))
	}
	p.must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true}))
}

// send sends its empty message.
func (p *peer) send(id uint32) {
	p.Helper()
	p.must(p.WriteData(id, true, make([]byte, 5)))
}

// answer reads up to the end of a call's answer.
func (p *peer) answer(id uint32) {
	p.Helper()
	for {
		switch f := p.next().(type) {
		case *http2.RSTStreamFrame:
			p.Fatalf("stream %d was reset: %v", f.StreamID, f.ErrCode)
		case *http2.HeadersFrame:
			if f.StreamID == id && f.StreamEnded() {
				return
			}
		}
	}
}

// The first GOAWAY takes calls that are on their way; the second names the last.
func TestTwoGoAways(t *testing.T) {
	r := run(t, new(work))
	p := newPeer(t, r)
	drained := r.begin(far)
	if f := p.goAway(); f.LastStreamID != math.MaxInt32 {
		t.Errorf("the first GOAWAY is for streams after %d", f.LastStreamID)
	}
	ping, ok := p.next().(*http2.PingFrame)
	if !ok {
		t.Fatal("no PING after the first GOAWAY")
	}
	p.call(1) // as if it had crossed the GOAWAY
	p.send(1)
	p.answer(1)
	p.must(p.WritePing(true, ping.Data))
	if f := p.goAway(); f.LastStreamID != 1 {
		t.Errorf("the second GOAWAY is for streams after %d", f.LastStreamID)
	}
	p.Conn.Close()
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// One that never acknowledges the PING takes GracefulStop six seconds.
func TestMutePeerIsGivenUp(t *testing.T) {
	r := run(t, new(work))
	newPeer(t, r)
	start := time.Now()
	if err := r.drainIn(time.Second); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if took := time.Since(start); took < time.Second/4 || took > 5*time.Second {
		t.Errorf("took %v, want a quarter of a second", took)
	}
}

// Its time begins when its last call has ended.
func TestMutePeerIsAnswered(t *testing.T) {
	g := newGate()
	r := run(t, &work{do: func(context.Context) error { g.wait(); return nil }})
	p := newPeer(t, r)
	p.call(1)
	p.send(1)
	within(t, "the call", g.in)
	drained := r.begin(time.Second)
	p.goAway()
	close(g.out)
	p.answer(1)
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// One that connects and says nothing takes GracefulStop, and Stop, two minutes.
func TestSilentPeerIsGivenUp(t *testing.T) {
	r := run(t, new(work))
	silent := connect(t, r.Addr())
	start := time.Now()
	if err := r.drainIn(time.Second); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if _, err := io.Copy(io.Discard, silent); errors.Is(err, context.DeadlineExceeded) {
		t.Error("the connection is still open")
	}
	if err := within(t, "run", r.ran); err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestForceWithASilentPeer(t *testing.T) {
	r := run(t, new(work))
	connect(t, r.Addr())
	newPeer(t, r) // the silent one was accepted before
	r.Force()
	if err := within(t, "run", r.ran); err != nil {
		t.Errorf("Run = %v", err)
	}
}

// A call whose request is still being sent is in flight, though no interceptor
// of unary calls has seen it.
func TestRequestBeingSentIsWaitedFor(t *testing.T) {
	r := run(t, new(work))
	p := newPeer(t, r)
	p.call(1)
	drained := r.begin(far)
	p.goAway()
	for len(r.Calls(-1)) == 0 { // nothing tells
		runtime.Gosched()
	}
	(&drainRun{Server: r.Server}).act(time.Now()) // a client without a call would be cut
	p.send(1)
	p.answer(1)
	p.Conn.Close()
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// Those in the kernel's queue are told to leave as all others are.
func TestQueueIsEmptied(t *testing.T) {
	const n = 10
	s := NewServer("127.0.0.1:0")
	c := s.Component()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var peers []*peer
	for range n { // nobody accepts yet
		conn := connect(t, s.Addr())
		p := &peer{t, conn, http2.NewFramer(conn, conn)}
		p.greet()
		peers = append(peers, p)
	}
	go c.Run(context.Background())
	t.Cleanup(c.Force)
	for { // Run accepts
		s.mu.Lock()
		serving := s.serving
		s.mu.Unlock()
		if serving {
			break
		}
		runtime.Gosched()
	}
	r := &running{s, c, nil}
	drained := r.begin(far)
	for _, p := range peers {
		if f := p.goAway(); f.LastStreamID != math.MaxInt32 {
			t.Errorf("GOAWAY for streams after %d", f.LastStreamID)
		}
		p.Conn.Close()
	}
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// Probes that connect and go are not kept.
func TestClosedConnectionsAreForgotten(t *testing.T) {
	r := run(t, new(work))
	for range 3 * pruneMin {
		connect(t, r.Addr()).Close()
	}
	newPeer(t, r)
	r.door.mu.Lock()
	n := len(r.door.silent)
	r.door.mu.Unlock()
	if n >= 3*pruneMin {
		t.Errorf("%d closed connections are listed", n)
	}
	if err := r.drainIn(time.Second); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// Whoever is known by another address than his connection's is not taken for
// silent, nor is anybody else then.
func TestAddressesFromCredentials(t *testing.T) {
	g := newGate()
	r := run(t, &work{do: func(context.Context) error { g.wait(); return nil }},
		WithGRPC(grpc.Creds(proxied{insecure.NewCredentials()})))
	called := make(chan error, 1)
	cc := dial(t, r)
	go func() { called <- do(t.Context(), cc) }()
	within(t, "the call", g.in)
	if calls := r.Calls(-1); len(calls) != 1 || calls[0].Who != doMethod+" from client" {
		t.Errorf("calls %v", calls)
	}
	r.door.dropSilent(false) // as at the end of patience
	if n := r.door.countSilent(); n != 0 {
		t.Errorf("%d silent", n)
	}
	drained := r.begin(far)
	close(g.out)
	if err := within(t, "the answer", called); err != nil {
		t.Errorf("the call: %v", err)
	}
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

type proxied struct {
	credentials.TransportCredentials
}

func (p proxied) ServerHandshake(c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	_, info, err := p.TransportCredentials.ServerHandshake(c)
	return proxiedConn{c}, info, err
}

type (
	proxiedConn struct{ net.Conn }
	clientAddr  struct{}
)

func (proxiedConn) RemoteAddr() net.Addr { return clientAddr{} }
func (clientAddr) Network() string       { return "proxy" }
func (clientAddr) String() string        { return "client" }

// With TLS, and over Unix sockets, nobody is taken for silent who is not.
func TestEveryKindOfConnectionIsKnown(t *testing.T) {
	web := httptest.NewUnstartedServer(nil) // for its certificate
	web.StartTLS()
	defer web.Close()
	pool := x509.NewCertPool()
	pool.AddCert(web.Certificate())
	unix, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		name   string
		server []Option
		target func(*running) string
		client credentials.TransportCredentials
	}{
		{
			name:   "tls",
			server: []Option{WithGRPC(grpc.Creds(credentials.NewServerTLSFromCert(&web.TLS.Certificates[0])))},
			target: func(r *running) string { return r.Addr().String() },
			client: credentials.NewClientTLSFromCert(pool, "example.com"),
		},
		{
			name:   "unix",
			server: []Option{WithListener(unix)},
			target: func(r *running) string { return "unix:" + r.Addr().String() },
			client: insecure.NewCredentials(),
		},
	} {
		t.Run(v.name, func(t *testing.T) {
			r := run(t, new(work), v.server...)
			for range 3 {
				cc := dialTarget(t, v.target(r), grpc.WithTransportCredentials(v.client))
				if err := do(t.Context(), cc); err != nil {
					t.Fatal(err)
				}
			}
			r.door.mu.Lock()
			silent, unsure := len(r.door.silent), r.door.unsure
			r.door.mu.Unlock()
			if silent != 0 || unsure {
				t.Errorf("%d silent, unsure: %v", silent, unsure)
			}
			if err := r.drainIn(far); err != nil {
				t.Errorf("Drain = %v", err)
			}
		})
	}
}
