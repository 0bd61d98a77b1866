// SPDX-License-Identifier: Apache-2.0

package nearest

import (
	"strings"
	"testing"
)

func TestMisspelt(t *testing.T) {
	words := []string{"KillMode", "TimeoutStopSec", "Type"}
	for written, want := range map[string]string{
		"Killmode": "KillMode", "KilMode": "KillMode", "TimeOutStopSecs": "TimeoutStopSec", "Tipe": "Type",
		"KillMode": "", "TimeoutStartSec": "", "Nice": "", "KillUserProcesses": "", "": "",
	} {
		if got := Misspelt(written, words); got != want {
			t.Errorf("Misspelt(%q) = %q, want %q", written, got, want)
		}
	}
	if got := Misspelt(strings.Repeat("x", 1000), words); got != "" {
		t.Errorf("Misspelt of a thousand letters = %q", got)
	}
}
