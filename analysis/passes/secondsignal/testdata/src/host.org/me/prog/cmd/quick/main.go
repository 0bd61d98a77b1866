// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"

	"host.org/me/prog/app"
	"host.org/me/prog/quick"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	quick.New(new(app.App)).ExecuteContext(ctx)
}
