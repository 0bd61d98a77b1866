// SPDX-License-Identifier: Apache-2.0

// Package remote asks an API, and knows of no limits.
package remote

import (
	"context"

	"api.example/client"
)

func Find(users *client.Users, name string) {
	users.Find(context.Background(), name) // want `users.Find may block for long, with a context that never ends`
	ctx := context.Background()
	users.List(ctx) // want `users.List may block for long, with a context that never ends`
	users.Name(ctx)
}

func In(ctx context.Context, users *client.Users) {
	users.List(ctx)
	if ctx == nil {
		ctx = context.Background()
	}
	users.List(ctx)
}

func Cancelled(users *client.Users) {
	ctx := context.Background()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	users.List(ctx) // want `users.List may block for long, with a context that never ends`
}

func cancelledElsewhere(users *client.Users, stop chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-stop
		cancel()
	}()
	users.List(ctx)
}
