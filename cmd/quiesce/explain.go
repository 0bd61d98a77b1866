// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/nearest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/vet"
)

// An explained is a check of one of the verbs.
type explained struct {
	id, title string
	text      fmt.Stringer // all about it
}

// A group has the checks of a verb.
type group struct {
	verb   string
	checks []explained
}

// explainedGroups returns all checks. A verb with checks of its own is one line here.
func explainedGroups() []group {
	return []group{
		{"drill", explainedOf(judge.Catalog(), func(e judge.Entry) explained { return explained{e.ID, e.Title, e} })},
		{"audit", explainedOf(audit.Catalog(), func(e audit.Entry) explained { return explained{e.ID, e.Title, e} })},
		{"vet", explainedOf(vet.Catalog(), func(e vet.Entry) explained { return explained{e.ID, e.Title, e} })},
	}
}

func explainedOf[E any](entries []E, explain func(E) explained) []explained {
	var out []explained
	for _, e := range entries {
		out = append(out, explain(e))
	}
	return out
}

// lookupExplained returns the check with that id. If there is none, near is the id that
// may have been meant.
func lookupExplained(id string) (check explained, near string, ok bool) {
	var ids []string
	for _, g := range explainedGroups() {
		for _, e := range g.checks {
			if e.id == id {
				return e, "", true
			}
			ids = append(ids, e.id)
		}
	}
	return explained{}, nearest.Of(id, ids), false
}

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [ID]",
		Short: "say what a check looks at, and how to pass it",
		Long: `explain prints what a check of drill or vet, or a rule of audit, looks at, why it matters,
how it goes wrong and how it is right. Without an ID it lists the checks. It needs no network.

Exit codes: 0 all right, 2 wrong command line.`,
		Example: `  quiesce explain
  quiesce explain requests-keepalive
  quiesce explain timeafter
  quiesce explain grace-too-short`,
		Args:              oneCheck,
		ValidArgsFunction: completeChecks,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listChecks(c.OutOrStdout())
			}
			check, _, _ := lookupExplained(args[0]) // oneCheck has seen that it is there
			_, err := fmt.Fprint(c.OutOrStdout(), check.text)
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
	_, near, ok := lookupExplained(args[0])
	if ok {
		return nil
	}
	hint := `"quiesce explain" lists the checks`
	if near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &usageError{fmt.Errorf("explain: no check %q", args[0]), hint}
}

func listChecks(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, g := range explainedGroups() {
		if i > 0 {
			fmt.Fprintln(t)
		}
		fmt.Fprintf(t, "quiesce %s\n", g.verb) // Flush tells of an error
		for _, e := range g.checks {
			fmt.Fprintf(t, "  %s\t%s\n", e.id, e.title)
		}
	}
	return t.Flush()
}

func completeChecks(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var ids []cobra.Completion
	if len(args) == 0 {
		for _, g := range explainedGroups() {
			for _, e := range g.checks {
				ids = append(ids, cobra.CompletionWithDesc(e.id, e.title))
			}
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
