// SPDX-License-Identifier: Apache-2.0

package signame

import "testing"

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
