// SPDX-License-Identifier: Apache-2.0

// Package auto stands for a client that connects by itself.
package auto

import (
	"context"

	"connectrpc.com/connect"
)

type Manager struct{}

func (*Manager) AwaitConnection(context.Context) error { return nil }
func (*Manager) Connection(context.Context) error      { return nil }

type Stub interface {
	Ping(context.Context, *connect.Request) (*connect.Response, error)
}
