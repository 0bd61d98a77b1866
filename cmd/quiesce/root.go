// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes that every verb shares. A verb that relays a child's code
// documents that in its own help.
const (
	codeOK           = 0
	codeFindings     = 1 // the verb worked, and what it looked at is not all right
	codeUsage        = 2 // the command line is wrong; nothing was done
	codeInconclusive = 3 // the verb worked, and cannot say whether all is right
	codeTarget       = 4 // the program that the verb is about could not be run
	codeInternal     = 5 // the verb could not do its work
)

// errFindings is what a verb returns, wrapped or joined, when it did its work
// and found something wrong.
var errFindings = errors.New("findings")

// usageError is a mistake in the command line. Hint, if not empty, says what
// to do about it.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// A codedError has an exit code of its own.
type codedError struct {
	err  error
	code int
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// usageTemplate is cobra's, in our words and without what we do not use.
const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} <verb> [flags]{{else}}{{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}

Verbs:{{range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableFlags}}

Flags:
{{.Flags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`

// helpTemplate begins with examples: most readers need no more.
const helpTemplate = `{{if .HasExample}}Examples:
{{.Example}}

{{end}}{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{.UsageString}}`

// run executes one command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(goFlags(args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	printError(stderr, err)
	return exitCode(err)
}

// exitCode returns 0 for nil, 1 for findings, 2 for a wrong command line, what a
// codedError says and 5 for everything else.
func exitCode(err error) int {
	if err == nil {
		return codeOK
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return codeUsage
	}
	if coded, ok := errors.AsType[*codedError](err); ok {
		return coded.code
	}
	if errors.Is(err, errFindings) {
		return codeFindings
	}
	return codeInternal
}

func printError(w io.Writer, err error) {
	if err == nil {
		return
	}
	fmt.Fprintf(w, "quiesce: error: %v\n", err)
	if u, ok := errors.AsType[*usageError](err); ok && u.hint != "" {
		fmt.Fprintf(w, "quiesce: hint: %s\n", u.hint)
	}
}

// newRoot builds the command tree. A new verb is one file with one newX
// function, and one word here.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "quiesce",
		Short: "start in order, stop without losing anything, and prove it",
		Long: `quiesce works on programs built with the quiesce library.

Exit codes: 0 all right, 1 findings, 2 wrong command line, 3 no verdict, 4 the
program that it is about could not be run, 5 could not do the work.`,
		Example:       "  quiesce demo\n  quiesce vet ./...\n  quiesce drill --url http://127.0.0.1:8080/ -- ./server",
		Args:          unknownVerb,
		RunE:          noVerb,
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
	}
	root.SetUsageTemplate(usageTemplate)
	root.SetHelpTemplate(helpTemplate)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{err, fmt.Sprintf(`"%s --help" lists the flags`, c.CommandPath())}
	})
	root.AddCommand(newAudit(), newCompletion(), newDemo(), newDrill(), newExplain(), newPlan(), newReport(), newVersion(), newVet())
	root.SetHelpCommand(newHelp())
	return root
}

func unknownVerb(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := `"quiesce help" lists the verbs`
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return &usageError{fmt.Errorf("unknown verb %q", args[0]), hint}
}

func noVerb(c *cobra.Command, _ []string) error {
	return &usageError{errors.New("no verb given"), `"quiesce help" lists the verbs`}
}

// noArgs is for verbs that take flags only.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{
		fmt.Errorf("%s: unexpected argument %q", c.Name(), args[0]),
		fmt.Sprintf(`"%s --help" shows the usage`, c.CommandPath()),
	}
}

// newHelp replaces cobra's own help verb, which exits 0 for an unknown topic.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [verb]",
		Short: "show the verbs, or the help of one",
		RunE: func(c *cobra.Command, args []string) error {
			topic, rest, err := c.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownVerb(c.Root(), rest)
			}
			topic.InitDefaultHelpFlag() // as --help does, so that both print the same
			return topic.Help()
		},
	}
}

// goFlags lets the flags be written with one dash, as Go's own tools do: it
// turns -name into --name, up to a lone "--". No flag of ours is a cluster of
// one-letter flags, which is what pflag would take -name for.
func goFlags(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "--" {
			copy(out[i:], args[i:])
			break
		}
		if len(a) > 2 && a[0] == '-' && isLetter(a[1]) && a[2] != '=' {
			a = "-" + a
		}
		out[i] = a
	}
	return out
}

func isLetter(b byte) bool {
	return strings.IndexByte("abcdefghijklmnopqrstuvwxyz", b|0x20) >= 0
}
