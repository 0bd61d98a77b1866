// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/urfave/cli/v3"

	"host.org/me/prog/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want "while Run waits"
	defer stop()
	root := &cli.Command{
		Name: "serve",
		Action: func(ctx context.Context, cmd *cli.Command) error {
			return new(app.App).Run(ctx)
		},
	}
	root.Run(ctx, os.Args)
}
