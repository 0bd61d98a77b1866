// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

// TestExplainedOnce sees to it that an id means one check, whichever verb has it.
func TestExplainedOnce(t *testing.T) {
	verb := map[string]string{}
	for _, g := range explainedGroups() {
		for _, e := range g.checks {
			if other, twice := verb[e.id]; twice {
				t.Errorf("%s is a check of %s and of %s", e.id, other, g.verb)
			}
			verb[e.id] = g.verb
			if e.title == "" || e.text.String() == "" {
				t.Errorf("nothing is said of %s", e.id)
			}
		}
	}
}
