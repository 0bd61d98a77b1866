// SPDX-License-Identifier: Apache-2.0

package protocol_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/protocol"
	"github.com/go-quiesce/quiesce/quiescetest/load"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A shop counts calls, and ends them as it is told.
type shop struct {
	healthpb.UnimplementedHealthServer
	*grpc.Server
	addr   string
	calls  atomic.Int64
	unary  atomic.Pointer[status.Status]
	end    chan error // of streams
	silent bool       // streams have no messages
	asked  chan *healthpb.HealthCheckRequest
	header chan metadata.MD
}

func (s *shop) Check(ctx context.Context, r *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	s.calls.Add(1)
	md, _ := metadata.FromIncomingContext(ctx)
	select {
	case s.asked <- r:
		s.header <- md
	default:
	}
	return &healthpb.HealthCheckResponse{}, s.unary.Load().Err()
}

func (s *shop) Watch(_ *healthpb.HealthCheckRequest, stream healthpb.Health_WatchServer) error {
	s.calls.Add(1)
	if !s.silent {
		if err := stream.Send(&healthpb.HealthCheckResponse{}); err != nil {
			return err
		}
	}
	select {
	case err := <-s.end:
		return err
	case <-stream.Context().Done():
		return stream.Context().Err()
	}
}

func serveGRPC(t *testing.T, options ...grpc.ServerOption) *shop {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{
		Server: grpc.NewServer(options...), addr: ln.Addr().String(), end: make(chan error),
		asked: make(chan *healthpb.HealthCheckRequest, 1), header: make(chan metadata.MD, 1),
	}
	s.unary.Store(status.New(codes.OK, ""))
	healthpb.RegisterHealthServer(s, s)
	var serving sync.WaitGroup
	serving.Go(func() { s.Serve(ln) })
	t.Cleanup(func() {
		s.Stop()
		serving.Wait()
	})
	return s
}

func TestGRPCUnary(t *testing.T) {
	for _, stop := range []func(*grpc.Server){(*grpc.Server).GracefulStop, (*grpc.Server).Stop} {
		s := serveGRPC(t)
		r := start(t, s.addr, protocol.GRPC(protocol.GRPCOptions{}), time.Minute)
		r.served(t)
		want(t, r.first(t), load.OK)
		stop(s.Server)
		for a := r.first(t); a.Outcome != load.Refused; a = r.first(t) {
			if a.Outcome == load.RPCStatus {
				t.Errorf("outcome = %v: %v", a.Outcome, a.Err)
			}
		}
	}
}

// Every call of the server is one attempt of the load, and the other way round.
func TestGRPCCounts(t *testing.T) {
	s := serveGRPC(t)
	r := start(t, s.addr, protocol.GRPC(protocol.GRPCOptions{}), time.Minute)
	for range 100 {
		want(t, r.first(t), load.OK)
	}
	r.Finish(t.Context())
	if tally := r.Tallies()[0]; int64(tally.Answered) != s.calls.Load() {
		t.Errorf("%d answered, the server counts %d", tally.Answered, s.calls.Load())
	}
}

func TestGRPCStatus(t *testing.T) {
	s := serveGRPC(t)
	s.unary.Store(status.New(codes.Unavailable, "going away"))
	r := start(t, s.addr, protocol.GRPC(protocol.GRPCOptions{}), time.Minute)
	want(t, r.first(t), load.RPCStatus)
	r.Close()
	unknown := protocol.GRPC(protocol.GRPCOptions{Method: "/shop.Shop/Order", Stream: true})
	want(t, start(t, s.addr, unknown, time.Minute).first(t), load.RPCStatus)
}

func TestGRPCRequest(t *testing.T) {
	s := serveGRPC(t)
	start(t, s.addr, protocol.GRPC(protocol.GRPCOptions{
		Method:   "grpc.health.v1.Health/Check",
		Message:  []byte("\x0a\x04shop"), // field 1, four bytes
		Metadata: map[string][]string{"Authorization": {"Bearer x"}},
	}), time.Minute)
	if got := (<-s.asked).GetService(); got != "shop" {
		t.Errorf("service = %q", got)
	}
	if got := (<-s.header).Get("authorization"); len(got) != 1 || got[0] != "Bearer x" {
		t.Errorf("metadata = %v", got)
	}
}

func TestGRPCStreams(t *testing.T) {
	tests := []struct {
		name string
		end  error
		want load.Outcome
	}{
		{"over", nil, load.OK},
		{"going away", status.Error(codes.Unavailable, "going away"), load.OK},
		{"failed", status.Error(codes.Internal, "x"), load.RPCStatus},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serveGRPC(t)
			r := start(t, s.addr, protocol.GRPC(protocol.GRPCOptions{Stream: true}), time.Minute)
			r.served(t)
			s.end <- tt.end
			want(t, r.first(t), tt.want)
		})
	}
}

// UNAVAILABLE of a stream that has not begun is no way to end it.
func TestGRPCStreamNotBegun(t *testing.T) {
	s := serveGRPC(t)
	s.silent = true
	start := start(t, s.addr, protocol.GRPC(protocol.GRPCOptions{Stream: true}), time.Minute)
	s.end <- status.Error(codes.Unavailable, "going away")
	want(t, start.first(t), load.RPCStatus)
}

// grpc-go says UNAVAILABLE when a connection is cut, too.
func TestGRPCStreamCut(t *testing.T) {
	s := serveGRPC(t)
	r := start(t, s.addr, protocol.GRPC(protocol.GRPCOptions{Stream: true}), time.Minute)
	r.served(t)
	s.Stop()
	if a := r.first(t); a.Outcome.Class() != load.Lost || a.Outcome == load.RPCStatus {
		t.Errorf("outcome = %v (%v), want one that is lost", a.Outcome, a.Err)
	}
}

func TestGRPCTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	s := serveGRPC(t, grpc.Creds(credentials.NewServerTLSFromCert(&web.TLS.Certificates[0])))
	config := &tls.Config{RootCAs: web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}
	r := start(t, s.addr, protocol.GRPC(protocol.GRPCOptions{TLS: config}), time.Minute)
	want(t, r.first(t), load.OK)
	r.Close()
	want(t, start(t, s.addr, protocol.GRPC(protocol.GRPCOptions{TLS: &tls.Config{}}), time.Minute).first(t), load.TLSFailed)
}

// What the server refuses is not sent again behind our back: each attempt on the wire
// is one of the load's.
func TestGRPCTransparentRetries(t *testing.T) {
	for name, stream := range map[string]bool{"unary": false, "stream": true} {
		t.Run(name, func(t *testing.T) {
			var streams atomic.Int64
			addr := refuseStreams(t, &streams)
			r := start(t, addr, protocol.GRPC(protocol.GRPCOptions{Stream: stream}), time.Minute)
			for range 10 {
				want(t, r.first(t), load.GoAwayRetryable)
			}
			r.Finish(t.Context())
			if tally := r.Tallies()[0]; int64(tally.Attempts()) != streams.Load() {
				t.Errorf("%d attempts, the server counts %d", tally.Attempts(), streams.Load())
			}
		})
	}
}

// refuseStreams serves HTTP/2 and says of each stream that it was not begun.
func refuseStreams(t *testing.T, count *atomic.Int64) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for c, err := ln.Accept(); err == nil; c, err = ln.Accept() {
			serving.Go(func() { refuseAll(c, count) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		serving.Wait()
	})
	return ln.Addr().String()
}

func refuseAll(c net.Conn, count *atomic.Int64) {
	defer c.Close()
	if _, err := io.CopyN(io.Discard, c, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(c, c)
	framer.WriteSettings()
	for f, err := framer.ReadFrame(); err == nil; f, err = framer.ReadFrame() {
		if h, ok := f.(*http2.HeadersFrame); ok {
			count.Add(1)
			framer.WriteRSTStream(h.StreamID, http2.ErrCodeRefusedStream)
		}
	}
}

func TestGRPCCheck(t *testing.T) {
	for method, ok := range map[string]bool{
		"": true, "a.B/C": true, "/a.B/C": true, "B/C": true,
		"C": false, "/C": false, "a.B/": false, "a/b/c": false, "a.B/C D": false,
	} {
		if err := (protocol.GRPCOptions{Method: method}).Check(); (err == nil) != ok {
			t.Errorf("Check of %q = %v", method, err)
		}
	}
}
