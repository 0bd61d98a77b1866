// SPDX-License-Identifier: Apache-2.0

package grpcdrops_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/adapter/quiescegrpc/grpcdrops"
	"github.com/go-quiesce/quiesce/quiescetest/load"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// watchServed is watch, and says that it is being answered at the first message.
func watchServed(ctx context.Context, cc grpc.ClientConnInterface) error {
	s, err := healthpb.NewHealthClient(cc).Watch(ctx, &healthpb.HealthCheckRequest{})
	for err == nil {
		if _, err = s.Recv(); err == nil {
			grpcdrops.Answering(ctx)
		}
	}
	return err
}

// begin makes one caller's calls with a short timeout.
func begin(t *testing.T, addr string, done func(*load.Attempt)) *load.Session {
	t.Helper()
	s, err := load.Start(t.Context(), load.Config{
		Addr: addr, Timeout: short,
		Loads: []load.Load{{Name: "long", Kind: grpcdrops.Calls(watchServed, grpcdrops.WithLong()), Callers: 1, Done: done}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

const short = 200 * time.Millisecond

// A call that is being answered may last, and its caller is served meanwhile.
func TestLong(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, script{frames: func(w *http2.Framer, id uint32) {
		headers(w, id)
		w.WriteData(id, false, make([]byte, 5))
		<-release
		fields(w, id, true, "grpc-status", "14")
	}}, nil)
	ended := make(chan load.Outcome, 1)
	session := begin(t, s.addr, func(a *load.Attempt) {
		select {
		case ended <- a.Outcome:
		default:
		}
	})
	if err := session.Served(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case o := <-ended:
		t.Errorf("it ended with %v while it was being answered", o)
	case <-time.After(2 * short): // longer than calls that do not last
	}
	close(release)
	if o := <-ended; o != load.RPCStatus {
		t.Errorf("outcome = %v, want rpc_status", o)
	}
}

// One that is not answered ends in time.
func TestLongTimeout(t *testing.T) {
	s := serve(t, script{frames: silence}, nil)
	ended := make(chan load.Outcome, 1)
	begin(t, s.addr, func(a *load.Attempt) {
		select {
		case ended <- a.Outcome:
		default:
		}
	})
	if o := <-ended; o != load.Timeout {
		t.Errorf("outcome = %v, want timeout", o)
	}
}
