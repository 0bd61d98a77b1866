// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/show"
)

const reportLong = `Report prints what a drill or a stop has left as JSON, in another form.

FILE is the report of "quiesce drill --json", or the report.json that a server built
with quiesce keeps in its report directory. "-" is standard input. The page of the
form html needs no other file and no network.

Exit codes: 0 printed, whatever the report says; 2 wrong command line, 5 the file
cannot be read or is no report.`

// reportForms are the forms of --format.
var reportForms = []string{"text", "html", "markdown", "json"}

func newReport() *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:     "report FILE",
		Short:   "print the report of a drill or of a stop",
		Long:    reportLong,
		Example: "  quiesce report drill.json\n  quiesce report --format html drill.json > drill.html\n  quiesce report /var/lib/shop/report.json",
		Args:    oneFile,
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(reportForms, format) {
				return &usageError{fmt.Errorf("report: unknown format %q", format), "one of " + strings.Join(reportForms, ", ")}
			}
			data, err := readFile(c.InOrStdin(), args[0])
			if err != nil {
				return fmt.Errorf("report: %w", err)
			}
			if err := printReport(c.OutOrStdout(), data, format); err != nil {
				return fmt.Errorf("report: %s: %w", args[0], err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "of what is printed: "+strings.Join(reportForms, ", "))
	return cmd
}

func oneFile(c *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return &usageError{fmt.Errorf("%s: want one file, got %d", c.Name(), len(args)), fmt.Sprintf(`"%s --help" shows the usage`, c.CommandPath())}
}

// readFile reads a file, or standard input for "-".
func readFile(stdin io.Reader, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

// printReport finds out what kind of report it is, and prints it.
func printReport(w io.Writer, data []byte, format string) error {
	var head struct {
		App   *string          `json:"app"`
		Setup *json.RawMessage `json:"setup"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return err
	}
	switch {
	case head.Setup != nil:
		return printDrill(w, data, format)
	case head.App != nil:
		return printStop(w, data, format)
	}
	return errors.New("neither the report of a drill nor of a stop")
}

func printDrill(w io.Writer, data []byte, format string) error {
	run, err := show.FromJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	switch format {
	case "html":
		return show.HTML(w, run)
	case "markdown":
		return show.Markdown(w, run)
	case "json":
		return show.JSON(w, run)
	}
	return show.Text(w, run, textStyle(w))
}

func printStop(w io.Writer, data []byte, format string) error {
	r := new(quiesce.Report)
	if err := json.Unmarshal(data, r); err != nil {
		return err
	}
	if r.Schema != quiesce.ReportSchema {
		return fmt.Errorf("schema %d; this quiesce knows schema %d", r.Schema, quiesce.ReportSchema)
	}
	switch format {
	case "html":
		return show.StopHTML(w, r)
	case "markdown":
		return show.StopMarkdown(w, r)
	case "json":
		return show.StopJSON(w, r)
	}
	return show.StopText(w, r)
}
