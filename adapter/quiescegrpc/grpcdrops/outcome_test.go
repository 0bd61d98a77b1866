// SPDX-License-Identifier: Apache-2.0

package grpcdrops_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/adapter/quiescegrpc/grpcdrops"
	"github.com/go-quiesce/quiesce/quiescetest/drops"
	"github.com/go-quiesce/quiesce/quiescetest/load"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

var rtts = []time.Duration{0, 10 * time.Millisecond}

// check is the unary call, watch the stream.
func check(ctx context.Context, cc grpc.ClientConnInterface) error {
	_, err := healthpb.NewHealthClient(cc).Check(ctx, &healthpb.HealthCheckRequest{Service: "shop"})
	return err
}

func watch(ctx context.Context, cc grpc.ClientConnInterface) error {
	s, err := healthpb.NewHealthClient(cc).Watch(ctx, &healthpb.HealthCheckRequest{Service: "shop"})
	for err == nil {
		_, err = s.Recv()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// A scripted server says the same to every request.
type scripted struct {
	addr     string
	requests atomic.Int64
	asked    chan struct{} // holds one: a request has come
}

// What it says.
type script struct {
	frames func(w *http2.Framer, id uint32)
	end    string // "": it waits for the client to go; "close", "reset"
}

func serve(t *testing.T, s script, config *tls.Config) *scripted {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		ln = tls.NewListener(ln, config)
	}
	t.Cleanup(func() { ln.Close() })
	out := &scripted{addr: ln.Addr().String(), asked: make(chan struct{}, 1)}
	go func() {
		for c, err := ln.Accept(); err == nil; c, err = ln.Accept() {
			go out.talk(c, s)
		}
	}()
	return out
}

func (s *scripted) talk(c net.Conn, what script) {
	defer c.Close()
	if _, err := io.CopyN(io.Discard, c, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(c, c)
	framer.WriteSettings()
	for {
		f, err := framer.ReadFrame()
		if err != nil {
			return
		}
		if _, ok := f.(*http2.HeadersFrame); ok {
			s.requests.Add(1)
		}
		data, ok := f.(*http2.DataFrame)
		if !ok || !data.StreamEnded() {
			continue
		}
		select {
		case s.asked <- struct{}{}:
		default:
		}
		what.frames(framer, data.StreamID)
		switch what.end {
		case "close":
			c.(*net.TCPConn).CloseWrite() // then a close is no reset
		case "reset":
			c.(*net.TCPConn).SetLinger(0)
			return
		}
	}
}

func silence(*http2.Framer, uint32) {}

func headers(w *http2.Framer, id uint32) {
	fields(w, id, false, ":status", "200", "content-type", "application/grpc")
}

func answer(w *http2.Framer, id uint32) {
	headers(w, id)
	w.WriteData(id, false, make([]byte, 5)) // an empty message
	fields(w, id, true, "grpc-status", "0")
}

func failure(w *http2.Framer, id uint32) {
	fields(w, id, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "14", "grpc-message", "EOF")
}

func fields(w *http2.Framer, id uint32, last bool, pairs ...string) {
	var b bytes.Buffer
	enc := hpack.NewEncoder(&b)
	for i := 0; i < len(pairs); i += 2 {
		enc.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	w.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: last})
}

func goAway(last uint32) func(*http2.Framer, uint32) {
	return func(w *http2.Framer, _ uint32) { w.WriteGoAway(last, http2.ErrCodeNo, nil) }
}

func stopStream(code http2.ErrCode) func(*http2.Framer, uint32) {
	return func(w *http2.Framer, id uint32) { w.WriteRSTStream(id, code) }
}

func both(f, g func(*http2.Framer, uint32)) func(*http2.Framer, uint32) {
	return func(w *http2.Framer, id uint32) {
		f(w, id)
		g(w, id)
	}
}

func TestOutcomes(t *testing.T) {
	tests := []struct {
		name    string
		says    script
		want    load.Outcome
		goAways int
	}{
		{"whole", script{frames: answer}, load.OK, 0},
		{"a status", script{frames: failure}, load.RPCStatus, 0},
		{"a status after headers", script{frames: both(headers, func(w *http2.Framer, id uint32) {
			fields(w, id, true, "grpc-status", "14")
		})}, load.RPCStatus, 0},
		{"refused stream", script{frames: stopStream(http2.ErrCodeRefusedStream)}, load.GoAwayRetryable, 0},
		{"cancelled stream", script{frames: stopStream(http2.ErrCodeCancel)}, load.ResetAfterWrite, 0},
		{"not begun", script{frames: goAway(0)}, load.GoAwayRetryable, 1},
		{"not begun, closed", script{frames: goAway(0), end: "close"}, load.GoAwayRetryable, 1},
		{"begun, answered", script{frames: both(goAway(1), answer)}, load.OK, 1},
		{"begun, closed", script{frames: goAway(1), end: "close"}, load.GoAwayLost, 1},
		{"begun, then not", script{frames: both(goAway(1), goAway(0))}, load.GoAwayRetryable, 1},
		{"closed", script{frames: silence, end: "close"}, load.NoResponse, 0},
		{"reset", script{frames: silence, end: "reset"}, load.ResetAfterWrite, 0},
		{"no message", script{frames: headers, end: "close"}, load.Truncated, 0},
	}
	for _, tt := range tests {
		for _, rtt := range rtts {
			t.Run(tt.name+"/"+rtt.String(), func(t *testing.T) {
				s := serve(t, tt.says, nil)
				for name, call := range map[string]grpcdrops.Call{"unary": check, "stream": watch} {
					s.requests.Store(0)
					got := try(t, s.addr, rtt, &probe{Kind: grpcdrops.Calls(call)})
					// One of grpc-go's writes may take the error of a reset, so that
					// reading finds a mere end.
					if got.outcome != tt.want && (tt.says.end != "reset" || got.outcome != load.NoResponse) {
						t.Errorf("%s: outcome = %v, want %v", name, got.outcome, tt.want)
					}
					if got.goAways != tt.goAways {
						t.Errorf("%s: %d GOAWAYs, want %d", name, got.goAways, tt.goAways)
					}
					if n := s.requests.Load(); n != 1 {
						t.Errorf("%s: the server saw %d requests, want 1", name, n)
					}
				}
			})
		}
	}
}

func TestTimeout(t *testing.T) {
	s := serve(t, script{frames: silence}, nil)
	if got := try(t, s.addr, 0, &probe{Kind: grpcdrops.Calls(check), late: s.asked}); got.outcome != load.Timeout {
		t.Errorf("outcome = %v, want timeout", got.outcome)
	}
}

// A request that is too large for grpc-go to keep by default.
func TestLargeRequestIsSafeToRetry(t *testing.T) {
	large := func(ctx context.Context, cc grpc.ClientConnInterface) error {
		_, err := healthpb.NewHealthClient(cc).Check(ctx, &healthpb.HealthCheckRequest{Service: string(make([]byte, 300<<10))})
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for c, err := ln.Accept(); err == nil; c, err = ln.Accept() {
			go refuse(c)
		}
	}()
	if got := try(t, ln.Addr().String(), 0, &probe{Kind: grpcdrops.Calls(large)}); got.outcome != load.GoAwayRetryable {
		t.Errorf("outcome = %v, want goaway_retryable", got.outcome)
	}
}

// refuse refuses a request when a part of it is there.
func refuse(c net.Conn) {
	defer c.Close()
	if _, err := io.CopyN(io.Discard, c, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(c, c)
	framer.WriteSettings()
	for f, err := framer.ReadFrame(); err == nil; f, err = framer.ReadFrame() {
		if f, ok := f.(*http2.DataFrame); ok {
			framer.WriteRSTStream(f.StreamID, http2.ErrCodeRefusedStream)
		}
	}
}

func TestNotConnected(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if got := try(t, ln.Addr().String(), 0, &probe{Kind: grpcdrops.Calls(check)}); got.outcome != load.Refused {
		t.Errorf("nobody listens: outcome = %v, want refused", got.outcome)
	}
}

// GOAWAYs are seen inside of TLS.
func TestTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	s := serve(t, script{frames: both(goAway(1), answer)}, &tls.Config{
		Certificates: web.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	trusting := &tls.Config{RootCAs: web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}
	got := try(t, s.addr, 0, &probe{Kind: grpcdrops.Calls(check, grpcdrops.WithTLS(trusting))})
	if got.outcome != load.OK || got.goAways != 1 {
		t.Errorf("got %+v, want ok and 1 GOAWAY", got)
	}
	got = try(t, s.addr, 0, &probe{Kind: grpcdrops.Calls(check, grpcdrops.WithTLS(nil))})
	if got.outcome != load.TLSFailed {
		t.Errorf("without the certificate: outcome = %v, want tls", got.outcome)
	}
}

type tried struct {
	outcome load.Outcome
	goAways int
}

// try makes one call to the server at addr, in a trial whose further requests are
// answered by nobody.
func try(t *testing.T, addr string, rtt time.Duration, p *probe) tried {
	t.Helper()
	p.first = make(chan load.Outcome, 1)
	start := func(context.Context) (string, func(context.Context) error, error) {
		return addr, func(context.Context) error { return nil }, nil
	}
	r, err := drops.Trial{
		Start: start, Stops: 1, Propagation: -1, RTT: rtt, Timeout: time.Minute,
		Loads: []load.Load{{Name: "probe", Kind: p, Callers: 1}},
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tried{<-p.first, r.Total().GoAways}
}

// A probe is a kind whose only client makes one request and keeps its outcome. All
// others it says to be answered.
type probe struct {
	load.Kind
	late  <-chan struct{} // if not nil, the time is over when something comes from it
	first chan load.Outcome
}

func (p *probe) Client(w *load.Wire) load.Client {
	return &probeClient{Client: p.Kind.Client(w), probe: p}
}

type probeClient struct {
	load.Client
	*probe
	done bool
}

func (c *probeClient) Do(ctx context.Context, a *load.Attempt) {
	if c.done {
		return
	}
	c.done = true
	if c.late != nil {
		ctx = newLateContext(ctx, c.late)
	}
	c.Client.Do(ctx, a)
	c.first <- a.Outcome
	a.Outcome = load.OK
}

func (c *probeClient) Close() error { return c.Client.Close() }

// A lateContext is one whose deadline is what comes from a channel.
type lateContext struct {
	context.Context
	over chan struct{}
}

func newLateContext(ctx context.Context, late <-chan struct{}) context.Context {
	c := &lateContext{ctx, make(chan struct{})}
	go func() {
		<-late
		close(c.over)
	}()
	return c
}

func (c *lateContext) Done() <-chan struct{} { return c.over }

func (c *lateContext) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
