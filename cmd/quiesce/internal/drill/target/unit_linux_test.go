// SPDX-License-Identifier: Apache-2.0

package target

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// fakeSystemctl is systemctl for one unit, web.service, whose properties are in a file;
// "start" and "restart" put other properties there.
const fakeSystemctl = `#!/bin/sh
dir=$(dirname "$0")
echo "$*" >>"$dir/calls"
for name; do :; done
case $name in
web.service) ;;
broken.service) echo "Failed to connect to bus: No such file or directory" >&2; exit 1 ;;
*) printf 'LoadState=not-found\nActiveState=inactive\nMainPID=0\n'; exit 0 ;;
esac
case $1 in
show) cat "$dir/properties" ;;
start | restart) cp "$dir/next" "$dir/properties" ;;
*) exit 2 ;;
esac
`

// systemd puts the fake on the PATH.
func systemd(t *testing.T) (set func(file, text string), calls func() string) {
	t.Helper()
	dir := t.TempDir()
	set = func(file, text string) {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	set("systemctl", fakeSystemctl)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return set, func() string {
		data, _ := os.ReadFile(filepath.Join(dir, "calls"))
		return string(data)
	}
}

func running(pid int) string {
	return fmt.Sprintf("LoadState=loaded\nActiveState=active\nMainPID=%d\nExecMainPID=%[1]d\nExecMainCode=0\nExecMainStatus=0\n", pid)
}

func ended(pid, code, status int) string {
	return fmt.Sprintf("LoadState=loaded\nActiveState=inactive\nMainPID=0\nExecMainPID=%d\nExecMainCode=%d\nExecMainStatus=%d\n", pid, code, status)
}

func TestUnit(t *testing.T) {
	for _, tt := range []struct {
		name         string
		code, status int
		want         record.Exit
	}{
		{"exited", codeExited, 4, record.Exit{Code: 4}},
		{"killed", codeKilled, 15, record.Exit{Code: -1, Signal: "SIGTERM"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, calls := systemd(t)
			first, addr := startAlone(t, "server")
			set("properties", running(first.Process.Pid))
			server, err := Unit(t.Context(), "web.service")
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			if got, err := server.Listening(); err != nil || len(got) != 1 || got[0] != addr {
				t.Errorf("listening on %q, %v; want %q", got, err, addr)
			}
			set("properties", ended(first.Process.Pid, tt.code, tt.status))
			stop(t, server, syscall.SIGTERM)
			if e, _ := server.Exit(); e != tt.want {
				t.Errorf("exit %+v, want %+v", e, tt.want)
			}

			second, _ := startAlone(t, "server")
			set("next", running(second.Process.Pid))
			again, err := server.Restart(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if again.PID() != second.Process.Pid {
				t.Errorf("the unit is now pid %d, want %d", again.PID(), second.Process.Pid)
			}
			if !strings.Contains(calls(), "start -- web.service\n") {
				t.Errorf("calls of systemctl:\n%s", calls())
			}
		})
	}
}

func TestUnitRestartsOneThatRuns(t *testing.T) {
	set, calls := systemd(t)
	first, _ := startAlone(t, "server")
	set("properties", running(first.Process.Pid))
	set("next", running(first.Process.Pid))
	server, err := Unit(t.Context(), "web.service")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	again, err := server.Restart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if !strings.Contains(calls(), "restart -- web.service\n") {
		t.Errorf("calls of systemctl:\n%s", calls())
	}
}

func TestUnitRefuses(t *testing.T) {
	set, _ := systemd(t)
	for _, tt := range []struct{ name, properties, want string }{
		{"web.service", ended(7, 1, 0), "no main process: it is inactive"},
		{"web.service", running(1), "whole system"},
		{"web.service", running(os.Getpid()), "the drill itself"},
		{"other.service", "", "no such unit"},
		{"broken.service", "", "Failed to connect to bus"},
		{"", "", "no name of a unit"},
		{"--now", "", "no name of a unit"},
	} {
		set("properties", tt.properties)
		_, err := Unit(t.Context(), tt.name)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Unit(%q): %v, want %q", tt.name, err, tt.want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Unit(t.Context(), "web.service"); err == nil || !strings.Contains(err.Error(), "no systemctl on the PATH") {
		t.Errorf("without systemctl: %v", err)
	}
}

func TestRestartNeedsAUnit(t *testing.T) {
	server, _ := start(t, "server")
	if _, err := server.Restart(t.Context()); err == nil || !strings.Contains(err.Error(), "not a unit") {
		t.Errorf("error %v", err)
	}
}
