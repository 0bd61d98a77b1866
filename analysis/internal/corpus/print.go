// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print prints a table with a line for each check, and lists what is wrong or unknown.
func (r *Result) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "found\tmissed\tfalse\tinnocent\tunjudged\tprecision\trecall\t  check") // Flush tells of errors
	for _, s := range append(r.Scores, r.Total) {
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%d\t%s\t%s\t  %s\n",
			s.Found, s.Missed, s.False, s.Innocent, s.Unjudged, share(s.Precision()), share(s.Recall()), s.Check)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, list := range []struct {
		title string
		sites []Site
	}{{"false: reported, and innocent", r.False}, {"missed: bugs that are not reported", r.Missed}} {
		if err := printSites(w, list.title, list.sites); err != nil {
			return err
		}
	}
	return r.printUnjudged(w)
}

func share(f float64, ok bool) string {
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%.2f", f)
}

func printSites(w io.Writer, title string, sites []Site) error {
	if len(sites) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", title); err != nil {
		return err
	}
	for _, s := range sites {
		if _, err := fmt.Fprintf(w, "  %s@%s/%s:%d %s: %s\n", s.Module, s.Version, s.File, s.Line, s.Check, s.Reason); err != nil {
			return err
		}
	}
	return nil
}

func (r *Result) printUnjudged(w io.Writer) error {
	if len(r.Unjudged) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w, "\nunjudged: reported where nobody has looked"); err != nil {
		return err
	}
	for _, f := range r.Unjudged {
		if _, err := fmt.Fprintf(w, "  %s@%s/%s:%d %s: %s\n", f.Module, f.Version, f.File, f.Line, f.Check, f.Message); err != nil {
			return err
		}
	}
	return nil
}
