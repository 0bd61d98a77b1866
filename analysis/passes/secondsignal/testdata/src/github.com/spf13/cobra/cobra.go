// SPDX-License-Identifier: Apache-2.0

package cobra

import "context"

type Command struct {
	Use  string
	RunE func(cmd *Command, args []string) error
}

func (c *Command) Context() context.Context { return nil }

func (c *Command) ExecuteContext(ctx context.Context) error { return nil }

func (c *Command) AddCommand(cmds ...*Command) {}
