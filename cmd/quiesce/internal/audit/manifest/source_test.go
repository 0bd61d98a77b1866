// SPDX-License-Identifier: Apache-2.0

package manifest

import "testing"

func TestHandles(t *testing.T) {
	w := &World{Sources: []*Source{
		{Path: "example.com/m/cmd/server", Takes: []string{"SIGTERM"}, Ignores: []string{"SIGHUP"}, Perhaps: []string{"SIGINT"}},
		{Path: "example.com/m/cmd/worker", Name: "batch", All: true},
		{Path: "example.com/m/cmd/other", Unknown: true},
	}}
	for _, tt := range []struct {
		name, signal string
		yes, known   bool
	}{
		{"server", "SIGTERM", true, true},
		{"server", "15", true, true},
		{"server", "term", true, true},
		{"server", "SIGHUP", false, true},
		{"server", "SIGINT", false, false},
		{"server", "SIGRTMIN+3", false, false},
		{"server", "QUIT", false, true},
		{"batch", "SIGQUIT", true, true},
		{"batch", "KILL", false, true},
		{"worker", "SIGTERM", false, false},
		{"other", "SIGTERM", false, false},
	} {
		if yes, known := w.Handles(tt.name, tt.signal); yes != tt.yes || known != tt.known {
			t.Errorf("Handles(%s, %s) = %t, %t, want %t, %t", tt.name, tt.signal, yes, known, tt.yes, tt.known)
		}
	}
	if unused := w.UnusedSources(); len(unused) != 0 {
		t.Errorf("unused %v", unused)
	}
}
