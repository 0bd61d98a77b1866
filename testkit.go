// SPDX-License-Identifier: Apache-2.0

package quiesce

import "github.com/go-quiesce/quiesce/internal/seam"

// Extend is for the test kit alone: its first argument has a type that only
// this module can make. It adds options to an app that has not run, as if [New]
// had been given them, and returns who needs whom, by name. See [quiescetest].
//
// [quiescetest]: https://pkg.go.dev/github.com/go-quiesce/quiesce/quiescetest
func (a *App) Extend(_ seam.Kit, opts ...Option) (needs map[string][]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range opts {
		o.applyApp(&a.cfg)
	}
	needs = make(map[string][]string)
	for _, n := range a.building.all() {
		for _, need := range n.needs {
			needs[n.name] = append(needs[n.name], need.name)
		}
	}
	return needs
}
