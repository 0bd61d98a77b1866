// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/go-quiesce/quiesce/drain"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

/*
The tests of grpc-go (v1.85) for the end of a server, and those here that have the
same behaviour or, where ours differs on purpose, say how and why. Only behaviour was
taken over. The calls are ours for theirs: Drain for GracefulStop, Force for Stop.

test/gracefulstop_test.go

	TestGracefulStop                           TestWhoComesAfterTheCloseHangsNobody
	TestGracefulStopClosesConnAfterLastStream  TestConnectionEndsWithItsLastStream
	TestGracefulStopBlocksUntilGRPCConnectionsTerminate
	                                           TestDrainWaitsForCalls
	TestStopAbortsBlockingGRPCCall             TestForceEndsCallsAndStopWaitsForHandlers
	TestStopAfterGracefulStopWithRunningHandler
	                                           TestStopDuringADrainWithARunningHandler
	TestServeHTTP_GracefulStop                 TestCallsThroughAnHTTPServer

test/goaway_test.go

	TestGracefulClientOnGoAway                 TestConnectionAgeCostsNoCall; in a drain TestNothingIsLostOverStops
	TestDetailedGoAwayErrorOnGracefulClosePropagatesToRPCError
	                                           TestCutStreamsSayWhy
	TestDetailedGoAwayErrorOnAbruptClosePropagatesToRPCError
	                                           TestTooManyPings
	TestClientConnCloseAfterGoAwayWithActiveStream
	                                           TestClientGoesDuringADrain
	TestServerGoAway                           TestStreamsGoOnDuringADrain, "a new call"
	TestServerGoAwayPendingRPC                 TestStreamsGoOnDuringADrain
	TestServerMultipleGoAwayPendingRPC         TestTwoDrainsWaitForTheSameCall
	TestConcurrentClientConnCloseAndServerGoAway
	                                           TestRaceDrainAndClientClose
	TestConcurrentServerStopAndGoAway          TestCutStreamsSayWhy
	TestGoAwayThenClose                        TestCallsElsewhereOutliveTheOldServer
	TestGoAwayStreamIDSmallerThanCreatedStreams
	                                           TestRaceNewCallsAndGoAways
	TestTwoGoAwayPingFrames                    TestSecondAnswerToThePing
	TestClientSendsAGoAway                     TestClientSaysThatItLeaves

server_ext_test.go

	TestServer_GracefulStopWaits               TestDrainOutlastsTheClient
	TestServer_WaitForHandlers                 TestForceEndsCallsAndStopWaitsForHandlers
	TestStreamWorkers_GracefulStopAndStop      TestStopAfterADrainWithStreamWorkers
*/

// awaitServing returns when the server accepts: who stops it before has nobody to wait for.
func (r *running) awaitServing() {
	for {
		r.mu.Lock()
		serving := r.serving
		r.mu.Unlock()
		if serving {
			return
		}
		runtime.Gosched()
	}
}

// lateListener accepts one connection, and that after it was closed. It has no
// deadlines.
type lateListener struct {
	net.Listener
	closed chan struct{}
	once   sync.Once
}

func (l *lateListener) Accept() (net.Conn, error) {
	<-l.closed
	defer l.Listener.Close()
	return l.Listener.Accept()
}

func (l *lateListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// grpc-go, TestGracefulStop: a connection that is accepted when the listener was closed
// hangs neither the stop nor the call that is made over it. grpc-go closes it before the
// handshake. So it is here if the listener has no deadlines; those in the queue of one
// that has are let in and told, which is TestQueueIsEmptied.
func TestWhoComesAfterTheCloseHangsNobody(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := &lateListener{Listener: inner, closed: make(chan struct{})}
	r := run(t, new(work), WithListener(ln))
	r.awaitServing()
	drained := r.begin(far)
	within(t, "the close of the listener", ln.closed)
	if err := do(t.Context(), dial(t, r)); err != nil {
		wantCode(t, "the call", err, codes.Unavailable)
	}
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// open sends the headers of a stream and goes on.
func (p *peer) open(id uint32, method string) {
	p.Helper()
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, f := range [][2]string{
		{":method", "POST"},
		{":scheme", "http"},
		{":path", method},
		{":authority", "test"},
		{"content-type", "application/grpc"},
		{"te", "trailers"},
	} {
		p.must(enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}))
	}
	p.must(p.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true}))
}

// answerPing reads the PING that follows a GOAWAY and acknowledges it so often.
func (p *peer) answerPing(times int) {
	p.Helper()
	ping, ok := p.next().(*http2.PingFrame)
	if !ok {
		p.Fatal("no PING after the first GOAWAY")
	}
	data := ping.Data
	for range times {
		p.must(p.WritePing(true, data))
	}
}

// grpc-go, TestGracefulStopClosesConnAfterLastStream: a stream that is in flight is
// ended by its handler, after both GOAWAYs, with its status; one that its client had
// not ended is reset without an error; then the connection is closed and the stop over.
func TestConnectionEndsWithItsLastStream(t *testing.T) {
	g := newGate()
	r := run(t, &work{talk: func(grpc.ServerStream) error { g.wait(); return nil }})
	p := newPeer(t, r)
	p.open(1, talkMethod)
	within(t, "the stream", g.in)
	drained := r.begin(far)
	p.goAway()
	p.answerPing(1)
	if f := p.goAway(); f.LastStreamID != 1 || f.ErrCode != http2.ErrCodeNo {
		t.Errorf("the second GOAWAY names stream %d, %v; want 1, no error", f.LastStreamID, f.ErrCode)
	}
	close(g.out)
	if f, ok := p.next().(*http2.HeadersFrame); !ok || f.StreamID != 1 || !f.StreamEnded() {
		t.Errorf("%v, want the status of stream 1", f)
	}
	if f, ok := p.next().(*http2.RSTStreamFrame); !ok || f.StreamID != 1 || f.ErrCode != http2.ErrCodeNo {
		t.Errorf("%v, want RST_STREAM of stream 1, no error", f)
	}
	if f, err := p.ReadFrame(); err == nil {
		t.Errorf("%v, want the end of the connection", f)
	}
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// grpc-go, TestStopAfterGracefulStopWithRunningHandler: a stop does not get stuck behind
// a drain that waits for a handler that no context ends and whose client has gone.
// grpc-go's returns at once and leaves the handler; ours waits as long as its context
// allows, and then names the call.
func TestStopDuringADrainWithARunningHandler(t *testing.T) {
	g := newGate()
	r := run(t, &work{talk: func(grpc.ServerStream) error { g.wait(); return nil }})
	cc := dial(t, r)
	talk(t, t.Context(), cc)
	within(t, "the stream", g.in)
	cc.Close()
	drained := r.begin(far)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if held, ok := errors.AsType[*drain.HeldError](r.Stop(ctx)); !ok || held.InFlight != 1 {
		t.Errorf("Stop = %v, want a HeldError of 1", held)
	}
	if held, ok := errors.AsType[*drain.HeldError](within(t, "drain", drained)); !ok || !errors.Is(held, drain.ErrClosed) {
		t.Errorf("Drain = %v, want a HeldError that wraps ErrClosed", held)
	}
	close(g.out)
	if err := r.Stop(context.Background()); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

// grpc-go, TestServeHTTP_GracefulStop: a gRPC server that is a handler of an HTTP server
// is stopped without a panic or a hang. Here the HTTP server is drained, which knows the
// call for a request and tells it; nothing is left for GracefulStop.
func TestCallsThroughAnHTTPServer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	in := make(chan struct{}, 1)
	calls := grpc.NewServer()
	calls.RegisterService(&workDesc, &work{do: func(ctx context.Context) error {
		in <- struct{}{}
		<-drain.From(ctx).Done()
		return ctx.Err()
	}})
	web := &http.Server{Handler: calls, Protocols: new(http.Protocols)}
	web.Protocols.SetUnencryptedHTTP2(true)
	s := drain.NewServer(web, drain.WithListener(ln))
	served := make(chan error, 1)
	go func() { served <- s.ListenAndServe(context.Background()) }()
	t.Cleanup(s.Force)
	called := make(chan error, 1)
	go func() { called <- do(t.Context(), dialTarget(t, ln.Addr().String())) }()
	within(t, "the call", in)
	ctx, cancel := context.WithTimeout(t.Context(), far)
	defer cancel()
	if err := s.Drain(ctx); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if err := within(t, "the answer", called); err != nil {
		t.Errorf("the call: %v", err)
	}
	if err := within(t, "serve", served); err != nil {
		t.Errorf("Serve = %v", err)
	}
	calls.GracefulStop()
}

// grpc-go, TestServer_GracefulStopWaits: a handler that goes on when its call was
// cancelled and its client has gone is waited for.
func TestDrainOutlastsTheClient(t *testing.T) {
	g := newGate()
	gone := make(chan struct{})
	r := run(t, &work{talk: func(s grpc.ServerStream) error {
		g.in <- struct{}{}
		<-s.Context().Done()
		close(gone)
		<-g.out
		return nil
	}})
	cc := dial(t, r)
	ctx, cancel := context.WithCancel(t.Context())
	talk(t, ctx, cc)
	within(t, "the stream", g.in)
	cancel()
	cc.Close()
	within(t, "the end of its context", gone)
	drained := r.begin(far)
	select {
	case err := <-drained:
		t.Errorf("Drain = %v while a handler goes on", err)
	default:
	}
	if calls := r.Calls(-1); len(calls) != 1 {
		t.Errorf("calls %v, want the one", calls)
	}
	close(g.out)
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// grpc-go, TestStreamWorkers_GracefulStopAndStop: with workers for streams, too, a stop
// after a drain does nothing that the drain has done.
func TestStopAfterADrainWithStreamWorkers(t *testing.T) {
	r := run(t, new(work), WithGRPC(grpc.NumStreamWorkers(4)))
	if err := do(t.Context(), dial(t, r)); err != nil {
		t.Fatal(err)
	}
	if err := r.drainIn(far); err != nil {
		t.Errorf("Drain = %v", err)
	}
	for range 2 {
		if err := r.Stop(t.Context()); err != nil {
			t.Errorf("Stop = %v", err)
		}
		r.Force()
	}
	if err := within(t, "run", r.ran); err != nil {
		t.Errorf("Run = %v", err)
	}
}
