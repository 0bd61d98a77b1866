// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"testing"

	"github.com/go-quiesce/quiesce"
)

var (
	shop = &quiesce.Plan{App: "shop", Escalation: "orchestrated"}
	own  = &quiesce.Plan{App: "shop", Escalation: "own"}
	term = &Source{Path: "m/shop", Takes: []string{"SIGTERM", "SIGQUIT"}, Ignores: []string{"SIGHUP"}, Perhaps: []string{"SIGINT"}}
	none = &Source{Path: "m/none"}
)

func TestDeaf(t *testing.T) {
	for _, tt := range []struct {
		signal  string
		program Program
		want    string
	}{
		{"SIGKILL", Program{}, "no program can handle SIGKILL"},
		{"SIGSTOP", Program{Plan: own}, "no program can handle SIGSTOP"},
		{"SIGQUIT", Program{}, ""},
		{"SIGQUIT", Program{Plan: own}, ""},
		{"SIGQUIT", Program{Plan: shop}, "shop stops at SIGTERM, SIGINT, SIGHUP"},
		{"SIGHUP", Program{Plan: shop}, ""},
		{"SIGQUIT", Program{Plan: shop, Source: term}, ""},
		{"SIGTERM", Program{Source: term}, ""},
		{"SIGINT", Program{Source: term}, ""},
		{"SIGHUP", Program{Source: term}, "m/shop ignores it, and is killed at the end"},
		{"SIGTERM", Program{Source: none}, "m/none does not handle it: it ends at once, without a stop"},
		{"SIGQUIT", Program{Source: none}, "m/none does not handle it: it crashes with a dump, without a stop"},
		{"SIGUSR1", Program{Source: none}, "m/none does not handle it: nothing happens until it is killed"},
		{"SIGRTMIN+3", Program{Source: none}, ""},
	} {
		if got := tt.program.Deaf(tt.signal); got != tt.want {
			t.Errorf("Deaf(%s) of %+v = %q, want %q", tt.signal, tt.program, got, tt.want)
		}
	}
}

func TestAt(t *testing.T) {
	for _, tt := range []struct {
		signal  string
		program Program
		want    Outcome
		says    string
	}{
		{"SIGHUP", Program{}, Taken, ""},
		{"SIGHUP", Program{Plan: shop}, Stops, "shop stops at it"},
		{"SIGHUP", Program{Plan: own}, Taken, ""},
		{"SIGUSR2", Program{Plan: shop}, Taken, ""},
		{"SIGHUP", Program{Source: term}, Ignored, "m/shop ignores it"},
		{"SIGQUIT", Program{Source: term}, Taken, ""},
		{"SIGHUP", Program{Source: none}, Ends, "m/none does not handle it and ends at once, without a stop"},
		{"SIGQUIT", Program{Source: none}, Crashes, "m/none does not handle it and crashes with a dump"},
		{"SIGUSR2", Program{Source: none}, Nothing, "m/none does not handle it, and nothing happens"},
		{"SIGHUP", Program{Source: &Source{Unknown: true}}, Taken, ""},
		{"SIGKILL", Program{}, Ends, "no program can handle it"},
	} {
		if got, says := tt.program.At(tt.signal); got != tt.want || says != tt.says {
			t.Errorf("At(%s) of %+v = %v, %q, want %v, %q", tt.signal, tt.program, got, says, tt.want, tt.says)
		}
	}
}
