// SPDX-License-Identifier: Apache-2.0

package grpcdrops_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/adapter/quiescegrpc"
	"github.com/go-quiesce/quiesce/adapter/quiescegrpc/grpcdrops"
	"github.com/go-quiesce/quiesce/quiescetest/drops"
	"github.com/go-quiesce/quiesce/quiescetest/load"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

const (
	propagation = 20 * time.Millisecond
	readiness   = 2 * propagation
)

// busy is a service whose answers take a moment.
type busy struct {
	healthpb.UnimplementedHealthServer
}

const moment = 3 * time.Millisecond

func (busy) Check(context.Context, *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	time.Sleep(moment) // the work
	return &healthpb.HealthCheckResponse{}, nil
}

func (busy) Watch(_ *healthpb.HealthCheckRequest, s healthpb.Health_WatchServer) error {
	for range 3 {
		if err := s.Send(&healthpb.HealthCheckResponse{}); err != nil {
			return err
		}
		time.Sleep(moment) // the work
	}
	return nil
}

// startOurs starts a server that is stopped as an app does it.
func startOurs(ctx context.Context) (string, func(context.Context) error, error) {
	s := quiescegrpc.NewServer("127.0.0.1:0")
	healthpb.RegisterHealthServer(s, busy{})
	c := s.Component()
	if err := c.Start(ctx); err != nil {
		return "", nil, err
	}
	ran := make(chan error, 1)
	go func() { ran <- c.Run(context.Background()) }()
	return s.Addr().String(), func(ctx context.Context) error {
		err := c.Announce(ctx)
		time.Sleep(readiness)
		return errors.Join(err, c.Drain(ctx), c.Stop(ctx), <-ran)
	}, nil
}

// startBare starts a server of grpc-go that is stopped by end, when nobody new comes.
func startBare(end func(*grpc.Server)) drops.Start {
	return func(context.Context) (string, func(context.Context) error, error) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", nil, err
		}
		s := grpc.NewServer()
		healthpb.RegisterHealthServer(s, busy{})
		go s.Serve(ln)
		return ln.Addr().String(), func(context.Context) error {
			time.Sleep(readiness)
			end(s)
			return nil
		}, nil
	}
}

func roll(t *testing.T, start drops.Start, rtt time.Duration) *drops.Result {
	t.Helper()
	r, err := drops.Trial{
		Start: start, Stops: 4, Propagation: propagation, RTT: rtt,
		Loads: []load.Load{
			{Name: "calls", Kind: grpcdrops.Calls(check), Callers: 48, Share: 16, Think: 2 * time.Millisecond},
			{Name: "streams", Kind: grpcdrops.Calls(watch), Callers: 16, Share: 8, Think: 2 * time.Millisecond},
		},
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%v", r)
	return r
}

// Nothing is lost, and nothing would have to be sent again.
func TestServerLosesNothing(t *testing.T) {
	for _, rtt := range rtts {
		t.Run(rtt.String(), func(t *testing.T) {
			roll(t, startOurs, rtt).Hold(t,
				drops.Max(load.Lost, 0), drops.Max(load.SafeToRetry, 0), drops.Max(drops.Reconnects, 1))
		})
	}
}

// What grpc-go's own ways to stop lose is found.
func TestStopOfGRPC(t *testing.T) {
	for _, rtt := range rtts {
		t.Run("Stop/"+rtt.String(), func(t *testing.T) {
			r := roll(t, startBare((*grpc.Server).Stop), rtt)
			if total := r.Total(); total.Lost == 0 {
				t.Errorf("nothing was lost\n%v", r)
			}
			r.Hold(t)
		})
		t.Run("GracefulStop/"+rtt.String(), func(t *testing.T) {
			roll(t, startBare((*grpc.Server).GracefulStop), rtt).Hold(t, drops.Max(load.Lost, 0))
		})
	}
}

// A server that is started again is found again, and meanwhile nothing is lost.
func TestRestart(t *testing.T) {
	r, err := drops.Trial{
		Start: startOurs, Stops: 2, Restart: true,
		Loads: []load.Load{{Name: "calls", Kind: grpcdrops.Calls(check), Callers: 8, Share: 4, Think: time.Millisecond}},
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.Hold(t, drops.Max(load.Lost, 0))
}

// Callers of a server's generated client, over two rolling updates.
func ExampleCalls() {
	call := func(ctx context.Context, cc grpc.ClientConnInterface) error {
		_, err := healthpb.NewHealthClient(cc).Check(ctx, &healthpb.HealthCheckRequest{})
		return err
	}
	result, err := drops.Trial{
		Start:       startOurs,
		Stops:       2,
		Propagation: propagation,
		Loads:       []load.Load{{Name: "calls", Kind: grpcdrops.Calls(call), Callers: 64, Share: 16}},
	}.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	total := result.Total()
	fmt.Println(total.Lost, "lost,", total.GoAways, "GOAWAYs,", total.Reconnects, "reconnects")
	// Output: 0 lost, 8 GOAWAYs, 8 reconnects
}
