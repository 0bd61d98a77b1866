// SPDX-License-Identifier: Apache-2.0

package cli

import "context"

type Command struct {
	Name   string
	Action func(context.Context, *Command) error
}

func (c *Command) Run(ctx context.Context, args []string) error { return nil }
