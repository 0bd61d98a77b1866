// SPDX-License-Identifier: Apache-2.0

// Package quick has commands that end in time.
package quick

import (
	"github.com/spf13/cobra"

	"host.org/me/prog/app"
)

func New(a *app.App) *cobra.Command {
	return &cobra.Command{
		Use: "serve",
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.RunInTime(ctx)
		},
	}
}
