// SPDX-License-Identifier: Apache-2.0

package cobra

type Command struct {
	Use string
	Run func(cmd *Command, args []string)
}

func (c *Command) Execute() error { return nil }
