// SPDX-License-Identifier: Apache-2.0

package signame

import (
	"testing"

	"github.com/go-quiesce/quiesce"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"SIGTERM": "SIGTERM", "term": "SIGTERM", "15": "SIGTERM", " SIGQUIT ": "SIGQUIT", "9": "SIGKILL", "31": "SIGSYS",
		"SIGRTMIN+3": "SIGRTMIN+3", "RTMIN": "SIGRTMIN+0", "37": "SIGRTMIN+3", "SIGRTMAX-1": "SIGRTMIN+29", "RTMAX": "SIGRTMIN+30",
		"SIGCLD": "SIGCHLD", "0": "", "32": "", "65": "", "-1": "", "": "", "SIG": "", "SIGTREM": "", "RTMIN+31": "", "RTMIN-1": "", "RTMAX+1": "",
		"RTMINX": "", "RTMAX-99": "",
	} {
		if got, ok := Parse(text); got != want || ok != (want != "") {
			t.Errorf("Parse(%q) = %q, %v; want %q", text, got, ok, want)
		}
	}
}

func TestDeaf(t *testing.T) {
	plan := &quiesce.Plan{App: "shop", Escalation: "orchestrated"}
	own := &quiesce.Plan{App: "shop", Escalation: "own"}
	for _, tt := range []struct {
		name string
		plan *quiesce.Plan
		want string
	}{
		{"SIGKILL", nil, "no program can handle SIGKILL"},
		{"SIGSTOP", own, "no program can handle SIGSTOP"},
		{"SIGQUIT", nil, ""},
		{"SIGQUIT", own, ""},
		{"SIGQUIT", plan, "shop stops at SIGTERM, SIGINT, SIGHUP"},
		{"SIGHUP", plan, ""},
	} {
		if got := Deaf(tt.name, tt.plan); got != tt.want {
			t.Errorf("Deaf(%s, %+v) = %q, want %q", tt.name, tt.plan, got, tt.want)
		}
	}
}
