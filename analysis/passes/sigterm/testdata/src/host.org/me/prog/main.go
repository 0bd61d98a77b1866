// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"

	"host.org/me/prog/cmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want `only SIGINT is taken`
	defer stop()
	cmd.Execute(ctx)
}
