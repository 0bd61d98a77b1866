// SPDX-License-Identifier: Apache-2.0

// Package systemd audits the units of services and their drop-ins: what happens when
// systemd stops, reloads or restarts them. The facts are from systemd.service(5),
// systemd.kill(5) and systemd.syntax(7).
package systemd

import (
	"bytes"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// Kind is the kind of document.
type Kind struct{}

// Name returns "systemd".
func (Kind) Name() string { return "systemd" }

// Candidate takes services and the drop-ins of services.
func (Kind) Candidate(path string) bool { return isUnit(path) || isDropIn(path) }

func isUnit(path string) bool { return filepath.Ext(path) == ".service" }

// isDropIn takes shop.service.d/10-timeout.conf, and not the .conf of others.
func isDropIn(path string) bool {
	folder := filepath.Base(filepath.Dir(path))
	return filepath.Ext(path) == ".conf" && (strings.HasSuffix(folder, ".service.d") || folder == "service.d")
}

// header matches what only units have.
var header = regexp.MustCompile(`(?m)^[ \t]*\[(?:Unit|Service|Install)\]`)

// Recognise takes units by their names and their headers: others, such as D-Bus and Avahi, have files
// that end in .service, too.
func (k Kind) Recognise(f *manifest.File) bool {
	text := bytes.TrimSpace(f.Data)
	switch {
	case isDropIn(f.Path):
		return true
	case !isUnit(f.Path) || bytes.HasPrefix(text, []byte("<")) || bytes.Contains(text, []byte("[D-BUS Service]")):
		return false
	}
	return header.Match(text) || bytes.HasPrefix(text, []byte("[")) || bytes.Contains(text, []byte("ExecStart="))
}

// Checks returns the ids of the rules.
func (Kind) Checks() []string { return slices.Sorted(maps.Keys(checks)) }

// checks are the rules by their ids; what they mean is in the folder of the rule.
var checks = map[string]func(u *unit, report manifest.Report){
	"unit-directive-ignored":   directiveIgnored,
	"unit-fdstore-off":         fdStoreOff,
	"unit-kill-mode":           killMode,
	"unit-kill-signal":         killSignal,
	"unit-no-sigkill":          noSIGKILL,
	"unit-notify-access":       notifyAccess,
	"unit-reload-not-restored": reloadNotRestored,
	"unit-reload-signal":       reloadSignal,
	"unit-shell-main":          shellMain,
	"unit-stop-not-awaited":    stopNotAwaited,
	"unit-timeout-none":        timeoutNone,
	"unit-timeout-too-short":   timeoutTooShort,
}

// Audit checks all units of a run, each with its drop-ins.
func (Kind) Audit(docs []*manifest.Document, world *manifest.World, report manifest.Report) {
	units := join(docs)
	assignPrograms(units, world)
	for _, id := range (Kind{}).Checks() {
		for _, u := range units {
			checks[id](u, func(f manifest.Finding) {
				f.Rule = id
				report(f)
			})
		}
	}
}
