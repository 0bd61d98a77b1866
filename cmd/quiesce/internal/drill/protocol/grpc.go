// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-quiesce/quiesce/adapter/quiescegrpc/grpcdrops"
	"github.com/go-quiesce/quiesce/quiescetest/load"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// GRPCOptions say what is called, and how. The zero value is a health check, in clear.
type GRPCOptions struct {
	// Method is the full name, with or without a slash before it. Empty:
	// "grpc.health.v1.Health/Check", or Watch if it is a stream.
	Method string

	// Message is the request, as protobuf encodes it. Empty is that of a message with
	// nothing in it.
	Message []byte

	// Metadata is sent with each call. Names are made lower case.
	Metadata map[string][]string

	// Stream says that the server answers with a stream, which is read until it ends.
	// It may last.
	Stream bool

	// TLS is used to connect, if it is not nil.
	TLS *tls.Config
}

const (
	healthCheck = "grpc.health.v1.Health/Check"
	healthWatch = "grpc.health.v1.Health/Watch"
)

// Check returns what is wrong with the options.
func (o GRPCOptions) Check() error {
	service, method, ok := strings.Cut(strings.TrimPrefix(o.method(), "/"), "/")
	if !ok || service == "" || method == "" || strings.ContainsAny(method, "/ ") {
		return fmt.Errorf("gRPC method %q: want package.Service/Method", o.Method)
	}
	return nil
}

func (o *GRPCOptions) method() string {
	switch {
	case o.Method != "":
		return "/" + strings.TrimPrefix(o.Method, "/")
	case o.Stream:
		return "/" + healthWatch
	default:
		return "/" + healthCheck
	}
}

// GRPC returns clients that make one call after another on one connection; see
// [grpcdrops.Calls] for the outcomes. What grpc-go would send once more by itself,
// because the server says that it has not begun it, is an attempt of its own:
// [load.GoAwayRetryable].
//
// A call is OK if its status is. So is a stream that the server ends with UNAVAILABLE
// after it has begun to answer: that is how clients of streams that have no end are
// told to go elsewhere.
func GRPC(o GRPCOptions) load.Kind {
	var options []grpcdrops.Option
	if o.TLS != nil {
		options = append(options, grpcdrops.WithTLS(o.TLS))
	}
	if !o.Stream {
		return grpcdrops.Calls(o.unary, options...)
	}
	options = append(options, grpcdrops.WithLong())
	return streams{grpcdrops.Calls(o.stream, options...)}
}

func (o GRPCOptions) context(ctx context.Context) context.Context {
	if len(o.Metadata) == 0 {
		return ctx
	}
	md := metadata.MD{}
	for name, values := range o.Metadata {
		md.Append(name, values...)
	}
	return metadata.NewOutgoingContext(ctx, md)
}

func (o GRPCOptions) unary(ctx context.Context, cc grpc.ClientConnInterface) error {
	return cc.Invoke(o.context(ctx), o.method(), o.Message, new([]byte), grpc.ForceCodecV2(raw{}))
}

func (o GRPCOptions) stream(ctx context.Context, cc grpc.ClientConnInterface) error {
	s, err := cc.NewStream(o.context(ctx), &grpc.StreamDesc{ServerStreams: true}, o.method(), grpc.ForceCodecV2(raw{}))
	if err != nil {
		return err
	}
	// Of an error of either the next Recv says more.
	_ = s.SendMsg(o.Message)
	_ = s.CloseSend()
	if header, _ := s.Header(); header == nil {
		return received(s) // there is a status, or the connection has ended
	}
	grpcdrops.Answering(ctx)
	for err == nil {
		err = received(s)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case status.Code(err) == codes.Unavailable:
		return &leaving{err}
	}
	return err
}

func received(s grpc.ClientStream) error { return s.RecvMsg(new([]byte)) }

// leaving is how a stream ends that had begun: with UNAVAILABLE, which the server
// may have said, or grpc-go, when the connection ended.
type leaving struct{ error }

// streams are the clients of streams.
type streams struct{ load.Kind }

// Client returns a client.
func (k streams) Client(w *load.Wire) load.Client { return &streamer{k.Kind.Client(w), w} }

type streamer struct {
	load.Client
	wire *load.Wire
}

// Do makes a call. Only the client inside can tell who has ended it.
func (c *streamer) Do(ctx context.Context, a *load.Attempt) {
	c.Client.Do(ctx, a)
	if _, ok := errors.AsType[*leaving](a.Err); ok && a.Outcome == load.RPCStatus {
		c.wire.Told()
		a.Outcome, a.Err = load.OK, nil
	}
}

// raw is a codec of messages that are encoded already.
type raw struct{}

var _ encoding.CodecV2 = raw{}

// Marshal takes a []byte.
func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

// Unmarshal fills a *[]byte.
func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// Name is that of what the messages are encoded in.
func (raw) Name() string { return "proto" }
