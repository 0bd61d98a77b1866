// SPDX-License-Identifier: Apache-2.0

package quiescegrpc_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/adapter/quiescegrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// A server with a health service, and a client connection that is closed after it.
func Example() {
	srv := quiescegrpc.NewServer("127.0.0.1:0", quiescegrpc.WithHealth(health.NewServer()))
	cc, err := grpc.NewClient("dns:///inventory:50051", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Println(err)
		return
	}
	app := quiesce.New("shop")
	inventory := app.Add("inventory", quiescegrpc.Client(cc))
	server := app.Add("grpc", srv.Component(), quiesce.Needs(inventory))
	app.Add("probe", quiesce.Component{Run: func(ctx context.Context) error { return probe(ctx, srv) }},
		quiesce.Needs(server), quiesce.Job())
	err = app.Run(context.Background())
	fmt.Println("stopped:", err == nil || errors.Is(err, quiesce.ErrJobsDone))
	// Output:
	// SERVING
	// stopped: true
}

// probe is a client like any other.
func probe(ctx context.Context, srv *quiescegrpc.Server) error {
	cc, err := grpc.NewClient(srv.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer cc.Close()
	m, err := healthpb.NewHealthClient(cc).Check(ctx, new(healthpb.HealthCheckRequest))
	if err != nil {
		return err
	}
	fmt.Println(m.Status)
	return nil
}
