// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/demo"
	"github.com/go-quiesce/quiesce/sigmux"
)

const demoLong = `Demo builds examples/shop, a service with an HTTP API, a SQLite file, an outbox
and event streams, puts load on it, sends it SIGTERM in the middle, and starts it
again on the same file; several times. Each request is one attempt on the wire.

Then it counts: was every request answered, or refused before it began? Did the
server end every stream? Is every acknowledged order in the database, once, and
was it published? It prints the timeline of the last stop, and PASS or FAIL.

With -break the same load meets a main function as one finds it everywhere.

It needs the go command and a checkout of the repository. Exit codes: 0 PASS,
1 FAIL, 2 wrong command line, 3 the demo itself did not work.`

func newDemo() *cobra.Command {
	cfg := demo.Config{}
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "stop a real service under load, and count what is lost",
		Long:    demoLong,
		Example: "  quiesce demo\n  quiesce demo -break",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg.Out = c.OutOrStdout()
			return runDemo(c.Context(), cfg)
		},
	}
	f := cmd.Flags()
	f.IntVar(&cfg.Rounds, "rounds", 5, "how often the service is stopped")
	f.Uint64Var(&cfg.Seed, "seed", rand.Uint64()>>32, "of everything that is drawn; a random `number` if it is not given")
	f.BoolVar(&cfg.Naive, "break", false, "run the shop with a naive main instead")
	f.IntVar(&cfg.Clients.Sticky, "sticky", 32, "clients that keep their connection")
	f.IntVar(&cfg.Clients.Fresh, "fresh", 8, "clients that open a connection for each request")
	f.IntVar(&cfg.Clients.Streams, "streams", 4, "clients that listen to the event stream")
	f.Lookup("seed").DefValue = "0" // or the help would never be the same twice
	return cmd
}

func runDemo(ctx context.Context, cfg demo.Config) error {
	if n := cfg.Clients; cfg.Rounds < 1 || n.Sticky < 0 || n.Fresh < 0 || n.Streams < 0 || n.Sticky+n.Fresh == 0 {
		return &usageError{fmt.Errorf("demo: there must be a round and a client"), `"quiesce demo --help" shows the usage`}
	}
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, stop := sigmux.NotifyContext(ctx)
	defer stop()
	verdict, err := demo.Run(ctx, cfg)
	if err != nil {
		if s, ok := errors.AsType[*sigmux.SignalError](err); ok {
			stop()
			sigmux.Die(s.Signal) // so that a shell's script or loop stops too
		}
		return fmt.Errorf("demo: %w", err)
	}
	if len(verdict.Problems()) > 0 {
		return fmt.Errorf("demo: %w, listed above", errFindings)
	}
	return nil
}
