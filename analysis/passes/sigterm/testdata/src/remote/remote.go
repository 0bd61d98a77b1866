// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"

	"remote/api"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want `only SIGINT is taken`
	defer stop()
	api.Run(ctx)
}
