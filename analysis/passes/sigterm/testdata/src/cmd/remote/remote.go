// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"context"
	"os"
	"os/signal"

	"remote/api"
)

func Serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want `only SIGINT is taken`
	defer stop()
	return api.Run(ctx)
}

func Ask() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-ctx.Done()
	return nil
}
