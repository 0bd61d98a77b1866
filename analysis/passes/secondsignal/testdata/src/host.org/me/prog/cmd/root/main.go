// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"

	"host.org/me/prog/app"
	"host.org/me/prog/cmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want "while ExecuteContext waits"
	defer stop()
	cmd.New(new(app.App)).ExecuteContext(ctx)
}
