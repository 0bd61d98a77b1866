// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
)

// checkForm finds what is wrong with flags that do not depend on others. Where a
// report cannot be written is said before the drill, not after it.
func (f *drillFlags) checkForm() error {
	var errs []error
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	add(formats[f.format] == nil && f.format != "text", "--format %s: want text or one of %s", f.format, strings.Join(sortedFormats(), ", "))
	add(!slices.Contains(colorModes, f.colors), "--color %s: want %s", f.colors, strings.Join(colorModes, ", "))
	add(f.method != "" && !isToken(f.method), "--method %q: want one word, such as GET", f.method)
	for _, e := range f.env {
		name, _, ok := strings.Cut(e, "=")
		add(!ok || name == "", "--env %q: want NAME=value", e)
	}
	for _, id := range f.cfg.Setup.Skip {
		_, known := judge.Lookup(id)
		add(!known, `--skip %s: no such check; "quiesce explain" lists them`, id)
		add(known && !judge.Switchable(id), "--skip %s: without it no verdict would mean anything", id)
	}
	for _, format := range sortedFormats() {
		if path := *f.files[format]; path != "" {
			info, err := os.Stat(filepath.Dir(path))
			add(err != nil || !info.IsDir(), "--%s %s: there is no such folder", format, path)
		}
	}
	if f.ca != "" {
		_, err := f.tls()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkNumbers finds numbers that mean nothing. A zero that was given is not taken for
// one that was not.
func (f *drillFlags) checkNumbers(cmd *cobra.Command) error {
	s, given := &f.cfg.Setup, cmd.Flags().Changed
	var errs []error
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	add(s.Grace <= 0, "--grace %v: want more than nothing", s.Grace)
	add(f.connections < 1, "--connections %d: want 1 or more", f.connections)
	add(s.MinStops < 1, "--min-stops %d: want 1 or more", s.MinStops)
	add(s.MinSent < 1, "--min-requests %d: want 1 or more", s.MinSent)
	add(s.Duration == 0 && s.Rounds == 0, "--duration 0s: want more than nothing, or --rounds")
	add(f.rate < 0 || math.IsNaN(f.rate) || math.IsInf(f.rate, 0), "--rate %v: want a number that is not negative", f.rate)
	add(f.think < 0, "--think %v: is negative", f.think)
	add(f.rate > 0 && f.think > 0, "--rate and --think: choose one")
	add(given("pid") && s.PID < 2, "--pid %d: want that of a server", s.PID)
	return errors.Join(errs...)
}

// checkTemplate finds what is wrong with a request that writes or reads. It goes where
// the first load goes.
func (f *drillFlags) checkTemplate(method, text string) error {
	u, err := url.Parse(strings.ReplaceAll(text, "{port}", "1"))
	if err != nil {
		return err
	}
	switch {
	case !isToken(method):
		return fmt.Errorf("method %q: want one word, such as PUT", method)
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return fmt.Errorf("%q: want a URL that begins with http:// or https://", text)
	case len(f.urls) > 0 && hostOf(f.urls[0]) != hostOf(text):
		return fmt.Errorf("%q: want the host of --url %s", text, f.urls[0])
	}
	return nil
}

// hostOf returns the host and port of a URL as they are written.
func hostOf(text string) string {
	_, rest, _ := strings.Cut(text, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// isToken reports whether s can be a method or the name of a header.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// distinct puts each thing that is wrong on a line of its own, once: flags of which
// several loads are made are wrong for each of them.
func distinct(err error) error {
	var lines, seen []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		what := line
		if rest, ok := strings.CutPrefix(line, `load "`); ok {
			if _, after, ok := strings.Cut(rest, `": `); ok && strings.HasPrefix(after, "--") {
				what = after
			}
		}
		if !slices.Contains(seen, what) {
			seen, lines = append(seen, what), append(lines, line)
		}
	}
	return errors.New(strings.Join(lines, "\n  "))
}
