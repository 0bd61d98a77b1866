// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const (
	doMethod   = "/test.Work/Do"
	talkMethod = "/test.Work/Talk"

	// far bounds what should take no time, on a machine that has other things to do.
	far = 20 * time.Second
)

type text = wrapperspb.StringValue

// work is the service under test; what is nil answers at once.
type work struct {
	do   func(context.Context) error
	talk func(grpc.ServerStream) error
}

var workDesc = grpc.ServiceDesc{
	ServiceName: "test.Work",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Do",
		Handler: func(srv any, ctx context.Context, dec func(any) error, ic grpc.UnaryServerInterceptor) (any, error) {
			in := new(text)
			if err := dec(in); err != nil {
				return nil, err
			}
			h := func(ctx context.Context, in any) (any, error) {
				if f := srv.(*work).do; f != nil {
					return in, f(ctx)
				}
				return in, nil
			}
			if ic == nil {
				return h(ctx, in)
			}
			return ic(ctx, in, &grpc.UnaryServerInfo{Server: srv, FullMethod: doMethod}, h)
		},
	}},
	Streams: []grpc.StreamDesc{{
		StreamName:    "Talk",
		Handler:       func(srv any, s grpc.ServerStream) error { return srv.(*work).talk(s) },
		ServerStreams: true,
		ClientStreams: true,
	}},
}

// running is a server that serves.
type running struct {
	*Server
	quiesce.Component
	ran chan error // what Run returned
}

func run(t testing.TB, w *work, options ...Option) *running {
	t.Helper()
	s := NewServer("127.0.0.1:0", options...)
	s.RegisterService(&workDesc, w)
	r := &running{s, s.Component(), make(chan error, 1)}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	go func() { r.ran <- r.Run(context.Background()) }()
	t.Cleanup(r.Force)
	return r
}

// drainIn drains with a deadline after d.
func (r *running) drainIn(d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return r.Drain(ctx)
}

// begin drains on a goroutine, and returns when calls have been told.
func (r *running) begin(d time.Duration) <-chan error {
	done := make(chan error, 1)
	go func() { done <- r.drainIn(d) }()
	<-r.advisor.Handle().Done()
	return done
}

func dial(t testing.TB, r *running, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	return dialTarget(t, r.Addr().String(), options...)
}

func dialTarget(t testing.TB, target string, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	options = append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, options...)
	cc, err := grpc.NewClient(target, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cc.Close() })
	return cc
}

func do(ctx context.Context, cc *grpc.ClientConn) error {
	return cc.Invoke(ctx, doMethod, new(text), new(text))
}

func talk(t *testing.T, ctx context.Context, cc *grpc.ClientConn) grpc.ClientStream {
	t.Helper()
	s, err := cc.NewStream(ctx, &workDesc.Streams[0], talkMethod)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// within returns what comes from c, soon.
func within[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(far):
		t.Fatalf("%s: nothing after %v", what, far)
		panic("unreachable")
	}
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("%s: %v (%v), want %v", what, got, err, want)
	}
}

// connect returns a connection that has said nothing yet.
func connect(t *testing.T, addr net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(far)); err != nil {
		t.Fatal(err)
	}
	return c
}

// A gate lets a handler say that it runs, and holds it.
type gate struct{ in, out chan struct{} }

func newGate() *gate { return &gate{make(chan struct{}, 100), make(chan struct{})} }

func (g *gate) wait() {
	g.in <- struct{}{}
	<-g.out
}
