// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// shells has a function for each shell that prints its completions.
var shells = map[string]func(root *cobra.Command, w io.Writer) error{
	"bash":       func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
	"fish":       func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
	"powershell": func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) },
	"zsh":        func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) },
}

// shellNames are the keys of shells, sorted.
var shellNames = []string{"bash", "fish", "powershell", "zsh"}

// newCompletion replaces cobra's own verb, which exits 0 for an unknown shell.
func newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|fish|powershell|zsh",
		Short: "print completions for a shell",
		Long: `Completion prints a script that lets a shell complete verbs, flags and their values.
It is to be read by the shell when that starts.`,
		Example: `  source <(quiesce completion bash)
  quiesce completion zsh > "${fpath[1]}/_quiesce"
  quiesce completion fish > ~/.config/fish/completions/quiesce.fish
  quiesce completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shellNames,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shellNames, args[0]) {
				return &usageError{fmt.Errorf("completion: want one shell, got %q", args), "one of " + strings.Join(shellNames, ", ")}
			}
			return shells[args[0]](c.Root(), c.OutOrStdout())
		},
	}
}

// completeDrill says what values the flags of drill have.
func completeDrill(cmd *cobra.Command) {
	var checks []string
	for _, e := range judge.Catalog() {
		checks = append(checks, e.ID)
	}
	situations := []string{usually, "all", "none"}
	for _, s := range record.Situations() {
		if s != record.Plain {
			situations = append(situations, string(s))
		}
	}
	for flag, values := range map[string][]string{
		"format": append([]string{"text"}, sortedFormats()...), "color": colorModes, "skip": checks, "situations": situations,
		"signal": {"TERM", "INT", "QUIT", "HUP", "USR1", "USR2"}, "upgrade": {"USR2", "HUP", "USR1"},
	} {
		err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		if err != nil {
			panic("quiesce: " + err.Error()) // there is no such flag
		}
	}
}
