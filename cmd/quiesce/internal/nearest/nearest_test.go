// SPDX-License-Identifier: Apache-2.0

package nearest_test

import (
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/nearest"
)

func TestOf(t *testing.T) {
	names := []string{"requests-keepalive", "exits", "exit-code", "no-file-left", "survives-hup"}
	for in, want := range map[string]string{
		"exitcode": "exit-code", "exit": "exits", "request-keepalive": "requests-keepalive", "no-files-left": "no-file-left",
		"hup": "survives-hup", "HUP": "survives-hup", "survives_hup": "survives-hup", "entirely-else": "", "": "",
	} {
		if got := nearest.Of(in, names); got != want {
			t.Errorf("Of(%q) = %q, want %q", in, got, want)
		}
	}
}
