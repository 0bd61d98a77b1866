// SPDX-License-Identifier: Apache-2.0

package systemd

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/signame"
)

// A reload is a signal that asks the main process to reload.
type reload struct {
	at     placed
	who    string // sends it, as a message names that
	signal string
}

// reloads returns the signals of ExecReload and of Type=notify-reload.
func (u *unit) reloads() []reload {
	var out []reload
	for _, s := range u.list("ExecReload") {
		if name := kills(words(s.value)); name != "" {
			out = append(out, reload{s, "ExecReload", name})
		}
	}
	if kind, _ := u.last("Type"); kind.value == "notify-reload" {
		at, value := kind, "SIGHUP"
		if s, set := u.last("ReloadSignal"); set {
			at, value = s, s.value
		}
		if name, ok := signame.Parse(value); ok {
			out = append(out, reload{at, kind.key + "=" + kind.value, name})
		}
	}
	return out
}

// clean reports whether an end at the signal counts as one that was wanted.
func (r reload) clean(end manifest.Outcome) bool {
	return end == manifest.Stops || end == manifest.Ends && !signame.Uncatchable(r.signal)
}

// restores reports whether the unit is started again after such an end. See the table of
// Restart= in systemd.service(5).
func (u *unit) restores(r reload, end manifest.Outcome) bool {
	if u.value("RestartForceExitStatus") != "" {
		return true
	}
	switch u.value("Restart") {
	case "always":
		return true
	case "on-success":
		return r.clean(end)
	case "on-failure":
		return !r.clean(end)
	case "on-abnormal", "on-abort":
		return !r.clean(end) && end == manifest.Ends
	}
	return false
}

// reloadSignal: what is to be a reload is a restart with all that it interrupts, or nothing.
func reloadSignal(u *unit, report manifest.Report) {
	for _, r := range u.reloads() {
		switch end, why := u.program.At(r.signal); {
		case end == manifest.Ignored || end == manifest.Nothing:
			report(u.at(r.at, fmt.Sprintf("%s sends %s: %s: a reload does nothing", r.who, r.signal, why)))
		case end != manifest.Taken && u.restores(r, end):
			report(u.at(r.at, fmt.Sprintf("%s sends %s: %s: a reload is a restart", r.who, r.signal, why)))
		}
	}
}

// reloadNotRestored: a reload ends the service, and it is gone.
func reloadNotRestored(u *unit, report manifest.Report) {
	for _, r := range u.reloads() {
		end, why := u.program.At(r.signal)
		if !slices.Contains([]manifest.Outcome{manifest.Stops, manifest.Ends, manifest.Crashes}, end) || u.restores(r, end) {
			continue
		}
		and := ", and"
		if r.clean(end) {
			and = "; that end is clean, and"
		}
		report(u.at(r.at, fmt.Sprintf("%s sends %s: %s%s Restart=%s does not bring it back", r.who, r.signal, why, and, cmp.Or(u.value("Restart"), "no"))))
	}
}
