// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"slices"
)

// AssignNamed is [World.Assign] for things of which most are not the user's own servers.
// A plan without a name that nothing is called after goes to one thing, of which the
// index is only, and to none if that is negative.
func (w *World) AssignNamed(things [][]string, only int, env ...string) []*Plan {
	out := make([]*Plan, len(things))
	for _, p := range w.Plans {
		names := p.names(w, env)
		named := false
		for i, t := range things {
			if out[i] == nil && slices.ContainsFunc(t, func(n string) bool { return slices.Contains(names, n) }) {
				out[i] = p
				p.used, named = true, true
			}
		}
		if !named && p.Name == "" && only >= 0 && out[only] == nil {
			out[only] = p
			p.used = p.used || !w.hasKubernetes()
		}
	}
	return out
}

// hasKubernetes reports whether there are manifests of Kubernetes. They come last, and
// take what no other kind has used.
func (w *World) hasKubernetes() bool {
	for _, f := range w.Files {
		if bytes.Contains(f.Data, []byte("apiVersion:")) {
			return true
		}
	}
	return false
}
