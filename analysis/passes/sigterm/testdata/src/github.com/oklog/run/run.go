// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"os"
)

type Group struct{}

func (g *Group) Add(execute func() error, interrupt func(error)) {}

func (g *Group) Run() error { return nil }

func SignalHandler(ctx context.Context, signals ...os.Signal) (func() error, func(error)) {
	return nil, nil
}
