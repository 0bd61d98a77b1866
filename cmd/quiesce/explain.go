// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
)

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [ID]",
		Short: "say what a check of the drill looks at, and how to pass it",
		Long: `explain prints what a check of the drill looks at, why it matters, how it goes wrong and
how it is right. Without an ID it lists the checks. It needs no network.

Exit codes: 0 all right, 2 wrong command line.`,
		Example: `  quiesce explain
  quiesce explain requests-keepalive`,
		Args:              oneCheck,
		ValidArgsFunction: completeChecks,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listChecks(c.OutOrStdout())
			}
			entry, _ := judge.Lookup(args[0]) // oneCheck has seen that it is there
			_, err := fmt.Fprint(c.OutOrStdout(), entry)
			return err
		},
	}
}

// oneCheck takes the id of a check, or nothing.
func oneCheck(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return noArgs(c, args[1:])
	}
	if len(args) == 0 {
		return nil
	}
	if _, ok := judge.Lookup(args[0]); ok {
		return nil
	}
	hint := `"quiesce explain" lists the checks`
	if near := judge.Nearest(args[0]); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &usageError{fmt.Errorf("explain: no check %q", args[0]), hint}
}

func listChecks(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range judge.Catalog() {
		fmt.Fprintf(t, "%s\t%s\n", e.ID, e.Title) // Flush tells of an error
	}
	return t.Flush()
}

func completeChecks(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var ids []cobra.Completion
	if len(args) == 0 {
		for _, e := range judge.Catalog() {
			ids = append(ids, cobra.CompletionWithDesc(e.ID, e.Title))
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
