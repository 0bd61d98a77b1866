// SPDX-License-Identifier: Apache-2.0

package systemd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/signame"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/nearest"
)

// directives are those of [Service] that say how a service stops, reloads and comes back, with
// what their values can be; nil is anything.
var directives = map[string]func(value string) bool{
	"Delegate": nil, "ExecReload": nil, "ExecStart": nil, "ExecStop": nil, "FileDescriptorStoreMax": nil, "SuccessExitStatus": nil, "RestartSec": isSpan,
	"FileDescriptorStorePreserve": oneOf("no yes restart true false on off 0 1 y n t f"),
	"FinalKillSignal":             isSignal,
	"KillMode":                    oneOf("control-group mixed process none"),
	"KillSignal":                  isSignal,
	"NotifyAccess":                oneOf("none main exec all"),
	"ReloadSignal":                isSignal,
	"Restart":                     oneOf("no on-success on-failure on-abnormal on-watchdog on-abort always"),
	"RestartKillSignal":           isSignal,
	"SendSIGHUP":                  isBoolean,
	"SendSIGKILL":                 isBoolean,
	"TimeoutSec":                  isSpan,
	"TimeoutStopSec":              isSpan,
	"Type":                        oneOf("simple exec forking oneshot dbus notify notify-reload idle"),
}

func oneOf(words string) func(string) bool {
	return func(value string) bool { return slices.Contains(strings.Fields(words), value) }
}

func isBoolean(value string) bool {
	_, ok := boolean(value)
	return ok
}

func isSpan(value string) bool {
	_, ok := span(value)
	return ok
}

func isSignal(value string) bool {
	_, ok := signame.Parse(value)
	return ok
}

// others are directives of [Service] that look like one of ours, and are right.
var others = []string{
	"ExecStartPre", "ExecStartPost", "ExecStopPost", "ExecReloadPost", "ExecCondition", "TimeoutStartSec", "TimeoutAbortSec", "TimeoutCleanSec",
	"TimeoutStartFailureMode", "TimeoutStopFailureMode", "RestartSteps", "RestartMode", "RestartMaxDelaySec", "DelegateSubgroup",
}

// sections are those of a service.
var sections = []string{"Unit", "Service", "Install"}

// directiveIgnored: systemd passes over what it does not know, with a line in the journal.
func directiveIgnored(u *unit, report manifest.Report) {
	names := make([]string, 0, len(directives))
	for name := range directives {
		names = append(names, name)
	}
	slices.Sort(names)
	section := ""
	for _, s := range u.settings {
		if s.section != section && !slices.Contains(sections, s.section) && !strings.HasPrefix(s.section, "X-") {
			report(u.at(s, fmt.Sprintf("[%s] is no section of a service; systemd passes over it", s.section)))
		}
		section = s.section
		if text := ignored(s.setting, names); text != "" {
			report(u.at(s, text+"; systemd passes over it"))
		}
	}
}

// ignored says why a setting has no effect, "" if it has, or if it is none of ours.
func ignored(s setting, names []string) string {
	valid, ours := directives[s.key]
	switch {
	case s.section == "Unit" || s.section == "Install":
		if ours {
			return fmt.Sprintf("%s= is in [%s], and belongs to [Service]", s.key, s.section)
		}
	case s.section != "Service":
	case ours:
		if valid != nil && s.value != "" && !unknownYet(s.value) && !valid(s.value) {
			return fmt.Sprintf("%s=%s is not one of its values", s.key, s.value)
		}
	case slices.Contains(others, s.key) || strings.HasPrefix(s.key, "X-"):
	default:
		if meant := nearest.Misspelt(s.key, names); meant != "" {
			return fmt.Sprintf("there is no %s=; did you mean %s=?", s.key, meant)
		}
	}
	return ""
}
