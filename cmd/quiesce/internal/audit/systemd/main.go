// SPDX-License-Identifier: Apache-2.0

package systemd

import (
	"fmt"
	"slices"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/shell"
)

// A shellStart is a main process that is a shell, and stays it.
type shellStart struct {
	at      placed
	name    string
	command string
	stays   string // how a message says that
}

// shellStart returns nil if the main process is no shell, or one that replaces itself.
func (u *unit) shellStart() *shellStart {
	if !slices.Contains([]string{"", "simple", "exec", "notify", "notify-reload"}, u.value("Type")) {
		return nil
	}
	argv, at := u.start()
	name, text := shell.Command(argv)
	script, ok := shell.Parse(text)
	if name == "" || !ok {
		return nil
	}
	switch {
	case script.Stays(shell.DialectOf(name, "")) && script.Stays(shell.Bash):
		return &shellStart{at, name, script.Words(), name + " stays the main process"}
	case script.Stays(shell.DialectOf(name, "")):
		return &shellStart{at, name, script.Words(), name + " stays the main process where it is dash, as on Debian and Ubuntu"}
	}
	return nil
}

// shellMain: the main process alone is signalled, and that is the shell.
func shellMain(u *unit, report manifest.Report) {
	s := u.shellStart()
	if s == nil {
		return
	}
	outcome := ""
	switch mode := u.value("KillMode"); {
	case mode == "mixed":
		outcome = "it alone gets the stop signal and ends, and the program is killed with SIGKILL (KillMode=mixed)"
	case mode == "process":
		outcome = "it alone gets the stop signal, and the program runs on (KillMode=process)"
	case u.reloadsShell():
		outcome = "the signal of ExecReload ends it, and with it the service"
	default:
		return
	}
	report(u.at(s.at, fmt.Sprintf("%s -c %q: %s; %s", s.name, s.command, s.stays, outcome)))
}

// reloadsShell reports whether a reload is a signal to the main process.
func (u *unit) reloadsShell() bool {
	return slices.ContainsFunc(u.list("ExecReload"), func(s placed) bool { return kills(words(s.value)) != "" })
}

// notifyAccess: what a child of the main process sends is passed over.
func notifyAccess(u *unit, report manifest.Report) {
	access := u.value("NotifyAccess")
	kind := u.value("Type")
	if access != "" && access != "main" && access != "none" || kind != "notify" && kind != "notify-reload" {
		return
	}
	s := u.shellStart()
	if s == nil {
		return
	}
	if access == "" {
		access = "main, as it is not set"
	}
	report(u.at(s.at, fmt.Sprintf(
		"Type=%s, and %s -c %q: %s; what its child says, such as READY=1, is passed over (NotifyAccess %s), and the start times out",
		kind, s.name, s.command, s.stays, access)))
}

// fdStoreOff: there is nowhere to keep what is to be kept.
func fdStoreOff(u *unit, report manifest.Report) {
	keep, _ := u.last("FileDescriptorStorePreserve")
	if keep.value != "yes" && keep.value != "restart" || !u.whole {
		return
	}
	if most := u.value("FileDescriptorStoreMax"); most == "" || most == "0" {
		report(u.at(keep, fmt.Sprintf("FileDescriptorStorePreserve=%s keeps nothing: FileDescriptorStoreMax is 0, and the store refuses all", keep.value)))
	}
}
