// SPDX-License-Identifier: Apache-2.0

// Package cmd has commands that are given a context.
package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"host.org/me/prog/app"
)

func New(a *app.App) *cobra.Command {
	root := &cobra.Command{Use: "prog"}
	root.AddCommand(&cobra.Command{
		Use:  "serve",
		RunE: func(cmd *cobra.Command, args []string) error { return a.Run(cmd.Context()) },
	})
	return root
}

func Execute(ctx context.Context, a *app.App) error { return New(a).ExecuteContext(ctx) }
