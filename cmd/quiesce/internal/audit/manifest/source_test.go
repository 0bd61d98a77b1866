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
		{"server", "SIGHUP", false, true},
		{"server", "SIGINT", false, false},
		{"server", "SIGRTMIN+3", false, false},
		{"server", "SIGQUIT", false, true},
		{"batch", "SIGQUIT", true, true},
		{"batch", "SIGKILL", false, true},
		{"other", "SIGTERM", false, false},
	} {
		s := w.SourceOf("nothing", tt.name)
		if s == nil {
			t.Fatalf("no source of %s", tt.name)
		}
		if yes, known := s.Handles(tt.signal); yes != tt.yes || known != tt.known {
			t.Errorf("Handles(%s) of %s = %t, %t, want %t, %t", tt.signal, tt.name, yes, known, tt.yes, tt.known)
		}
	}
	if s := w.SourceOf("worker"); s != nil {
		t.Errorf("worker, which has another name, is %v", s)
	}
	if unused := w.UnusedSources(); len(unused) != 0 {
		t.Errorf("unused %v", unused)
	}
}
