// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/keepalive"
	grpcpeer "google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"
)

// The table of what is restated here is in acceptance_test.go.

// echoMessages answers each message with itself.
func echoMessages(s grpc.ServerStream) error {
	for m := new(text); ; {
		if err := s.RecvMsg(m); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		if err := s.SendMsg(m); err != nil {
			return err
		}
	}
}

// exchange is one message there and back.
func exchange(s grpc.ClientStream) error {
	return errors.Join(s.SendMsg(new(text)), s.RecvMsg(new(text)))
}

// awaitReady returns when the client says that it is connected, which may be after its
// first call: it must have said so before awaitLeft can see that it is not any more.
func awaitReady(t *testing.T, cc *grpc.ClientConn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), far)
	defer cancel()
	for state := cc.GetState(); state != connectivity.Ready; state = cc.GetState() {
		if !cc.WaitForStateChange(ctx, state) {
			t.Fatalf("the client is %v, want READY", state)
		}
	}
}

// awaitLeft returns when a client that was ready has been told to leave.
func awaitLeft(t *testing.T, cc *grpc.ClientConn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), far)
	defer cancel()
	for cc.GetState() == connectivity.Ready {
		if !cc.WaitForStateChange(ctx, connectivity.Ready) {
			t.Fatal("the client was not told")
		}
	}
}

// grpc-go, TestGracefulClientOnGoAway: a client that is told to leave again and again,
// as here by the age that its connections may have, comes back each time and no call
// fails. That the same holds over drains is TestNothingIsLostOverStops.
func TestConnectionAgeCostsNoCall(t *testing.T) {
	const conns = 5
	var mu sync.Mutex
	from := map[string]bool{}
	r := run(t, &work{do: func(ctx context.Context) error {
		p, _ := grpcpeer.FromContext(ctx)
		mu.Lock()
		defer mu.Unlock()
		from[p.Addr.String()] = true
		return nil
	}}, WithGRPC(grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 20 * time.Millisecond})))
	cc := dial(t, r)
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(from)
	}
	for end := time.Now().Add(far); count() < conns; {
		if err := do(t.Context(), cc); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(end) {
			t.Fatalf("%d connections after %v, want %d", count(), far, conns)
		}
	}
	if err := r.drainIn(far); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// grpc-go, TestDetailedGoAwayErrorOnGracefulClosePropagatesToRPCError and
// TestConcurrentServerStopAndGoAway: a stream that goes on in a drain and is cut by the
// stop fails with an error that tells of the GOAWAY before it. That is found by
// receiving; sending says no more than that the stream is over. The handler here is not
// about to receive when it comes to that. Of one that is, the client may be told Canceled
// first, as contexts end before connections do.
func TestCutStreamsSayWhy(t *testing.T) {
	cut := make(chan struct{})
	defer close(cut)
	r := run(t, &work{talk: func(s grpc.ServerStream) error {
		for range 2 {
			if err := errors.Join(s.RecvMsg(new(text)), s.SendMsg(new(text))); err != nil {
				return err
			}
		}
		<-cut
		return nil
	}})
	cc := dial(t, r)
	s := talk(t, t.Context(), cc)
	if err := exchange(s); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, cc)
	drained := r.begin(far)
	awaitLeft(t, cc)
	if err := exchange(s); err != nil {
		t.Errorf("in the drain: %v", err)
	}
	r.Force()
	if err := within(t, "drain", drained); err == nil {
		t.Error("Drain = nil, want one that names the stream")
	}
	for end := time.Now().Add(far); ; {
		if err := s.SendMsg(new(text)); err == io.EOF {
			break
		} else if err != nil || time.Now().After(end) {
			t.Fatalf("SendMsg = %v, want EOF", err)
		}
	}
	var err error
	for err == nil { // what was answered before it was cut
		err = s.RecvMsg(new(text))
	}
	if err == io.EOF || !strings.Contains(err.Error(), "received prior goaway: code: NO_ERROR") {
		t.Errorf("RecvMsg = %v, want an error that tells of the GOAWAY", err)
	}
}

// grpc-go, TestDetailedGoAwayErrorOnAbruptClosePropagatesToRPCError: a client that pings
// too often is told so with a GOAWAY and cut. What it had in flight does not hold a
// drain. Their client is made to do that through grpc-go's insides; ours is bare frames.
func TestTooManyPings(t *testing.T) {
	in, out := make(chan struct{}, 1), make(chan struct{}, 1)
	r := run(t, &work{talk: func(s grpc.ServerStream) error {
		in <- struct{}{}
		<-s.Context().Done()
		out <- struct{}{}
		return s.Context().Err()
	}})
	p := newPeer(t, r)
	p.open(1, talkMethod)
	within(t, "the stream", in)
	for range 5 {
		if p.WritePing(false, [8]byte{1}) != nil {
			break // it has had enough
		}
	}
	if f := p.goAway(); f.ErrCode != http2.ErrCodeEnhanceYourCalm || string(f.DebugData()) != "too_many_pings" {
		t.Errorf("GOAWAY %v %q, want ENHANCE_YOUR_CALM too_many_pings", f.ErrCode, f.DebugData())
	}
	within(t, "the end of the stream", out)
	if err := r.drainIn(far); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// grpc-go, TestClientConnCloseAfterGoAwayWithActiveStream: a client that goes with a
// stream in flight, after it was told to leave, ends the drain.
func TestClientGoesDuringADrain(t *testing.T) {
	r := run(t, &work{talk: receive})
	cc := dial(t, r)
	if err := talk(t, t.Context(), cc).SendMsg(new(text)); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, cc)
	drained := r.begin(far)
	awaitLeft(t, cc)
	cc.Close()
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// grpc-go, TestServerMultipleGoAwayPendingRPC: two that drain wait for the same stream,
// which goes on until its client ends it. The app calls Drain once; a second call does
// no harm.
func TestTwoDrainsWaitForTheSameCall(t *testing.T) {
	r := run(t, &work{talk: echoMessages})
	cc := dial(t, r)
	s := talk(t, t.Context(), cc)
	if err := exchange(s); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, cc)
	first, second := r.begin(far), r.begin(far)
	awaitLeft(t, cc)
	if err := exchange(s); err != nil {
		t.Errorf("in the drain: %v", err)
	}
	// Only now has the client done with the GOAWAY: it says that it has left first.
	wantCode(t, "a new call", do(t.Context(), cc), codes.Unavailable)
	for _, drained := range []<-chan error{first, second} {
		select {
		case err := <-drained:
			t.Errorf("Drain = %v with a stream in flight", err)
		default:
		}
	}
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(within(t, "drain", first), within(t, "the other drain", second)); err != nil {
		t.Errorf("Drain: %v", err)
	}
}

// grpc-go, TestConcurrentClientConnCloseAndServerGoAway: client and server end the same
// connection at the same time.
func TestRaceDrainAndClientClose(t *testing.T) {
	for range 20 {
		r := run(t, new(work))
		cc := dial(t, r)
		if err := do(t.Context(), cc); err != nil {
			t.Fatal(err)
		}
		drained := make(chan error, 1)
		go func() { drained <- r.drainIn(far) }()
		go cc.Close()
		if err := within(t, "drain", drained); err != nil {
			t.Errorf("Drain = %v", err)
		}
	}
}

// grpc-go, TestGoAwayThenClose: after a GOAWAY a client calls elsewhere, while a stream
// goes on where it was. That this ends with its server, later, does nothing to the
// calls and the connection elsewhere.
func TestCallsElsewhereOutliveTheOldServer(t *testing.T) {
	before, after := run(t, &work{talk: echoMessages}), run(t, new(work))
	names := manual.NewBuilderWithScheme("test")
	names.InitialState(resolver.State{Addresses: []resolver.Address{
		{Addr: before.Addr().String()}, {Addr: after.Addr().String()},
	}})
	cc := dialTarget(t, "test:///", grpc.WithResolvers(names))
	s := talk(t, t.Context(), cc)
	if err := exchange(s); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, cc)
	drained := before.begin(far)
	awaitLeft(t, cc)
	if err := do(t.Context(), cc); err != nil {
		t.Errorf("a call elsewhere: %v", err)
	}
	if err := exchange(s); err != nil {
		t.Errorf("the stream: %v", err)
	}
	before.Force()
	if err := within(t, "drain", drained); err == nil {
		t.Error("Drain = nil, want one that names the stream")
	}
	if err := s.RecvMsg(new(text)); err == nil {
		t.Error("the stream goes on")
	}
	for range 10 {
		if err := do(t.Context(), cc); err != nil {
			t.Errorf("a call elsewhere, later: %v", err)
		}
	}
}

// grpc-go, TestGoAwayStreamIDSmallerThanCreatedStreams: a client that goes on making
// streams while GOAWAYs arrive, so that these may name fewer than it has made, does not
// hang. Each of its calls is answered or may be tried elsewhere.
func TestRaceNewCallsAndGoAways(t *testing.T) {
	const callers = 8
	r := run(t, &work{talk: echoMessages})
	cc := dial(t, r)
	begun := make(chan struct{}, callers)
	ended := make(chan error, callers)
	call := func() error {
		if err := do(t.Context(), cc); err != nil {
			return err
		}
		s, err := cc.NewStream(t.Context(), &workDesc.Streams[0], talkMethod)
		if err != nil {
			return err
		}
		if err := s.CloseSend(); err != nil {
			return err
		}
		if err := s.RecvMsg(new(text)); err != io.EOF {
			return err
		}
		return nil
	}
	for range callers {
		go func() {
			err := call()
			for begun <- struct{}{}; err == nil; {
				err = call()
			}
			ended <- err
		}()
	}
	for range callers {
		within(t, "a call", begun)
	}
	if err := r.drainIn(far); err != nil {
		t.Errorf("Drain = %v", err)
	}
	for range callers {
		if err := within(t, "a refused call", ended); status.Code(err) != codes.Unavailable {
			t.Errorf("the last call: %v, want Unavailable", err)
		}
	}
}

// grpc-go, TestTwoGoAwayPingFrames: a client that answers the PING after the first
// GOAWAY twice does no harm.
func TestSecondAnswerToThePing(t *testing.T) {
	r := run(t, new(work))
	p := newPeer(t, r)
	drained := r.begin(far)
	p.goAway()
	p.answerPing(2)
	if f := p.goAway(); f.LastStreamID != 0 {
		t.Errorf("the second GOAWAY names stream %d, want 0", f.LastStreamID)
	}
	p.Conn.Close()
	if err := within(t, "drain", drained); err != nil {
		t.Errorf("Drain = %v", err)
	}
}

// grpc-go, TestClientSendsAGoAway: a client connection that is closed says so to its
// server. Here that is the component of one, in its stop.
func TestClientSaysThatItLeaves(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	left := make(chan error, 1)
	go func() { left <- awaitGoAway(ln) }()
	cc := dialTarget(t, ln.Addr().String())
	cc.Connect()
	awaitReady(t, cc)
	if err := Client(cc).Stop(t.Context()); err != nil {
		t.Errorf("Stop = %v", err)
	}
	if err := within(t, "GOAWAY", left); err != nil {
		t.Error(err)
	}
}

// awaitGoAway is a server of one connection that returns when its client leaves, with
// an error if it does not say so.
func awaitGoAway(ln net.Listener) error {
	c, err := ln.Accept()
	if err != nil {
		return err
	}
	defer c.Close()
	f := http2.NewFramer(c, c)
	_, err = io.ReadFull(c, make([]byte, len(http2.ClientPreface)))
	if err := errors.Join(err, f.WriteSettings()); err != nil {
		return err
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return err
		}
		if g, ok := frame.(*http2.GoAwayFrame); ok {
			if g.ErrCode != http2.ErrCodeNo {
				return errors.New("GOAWAY with " + g.ErrCode.String())
			}
			return nil
		}
	}
}
