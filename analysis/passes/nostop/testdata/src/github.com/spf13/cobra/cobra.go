// SPDX-License-Identifier: Apache-2.0

// Package cobra has command lines.
package cobra

import "context"

// A Command is one of a program.
type Command struct {
	Use              string
	Run              func(cmd *Command, args []string)
	RunE             func(cmd *Command, args []string) error
	PersistentPreRun func(cmd *Command, args []string)
}

// Execute runs it.
func (c *Command) Execute() error { return nil }

// Context is what it is executed with.
func (c *Command) Context() context.Context { return nil }
