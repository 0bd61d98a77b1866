// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"slices"
)

// Programs says what is known of the programs of things that run them, most of which are not
// the user's own servers, each known by several names. A plan without a name that nothing
// is called after goes to one thing, of which the index is only, and to none if that is
// negative. Env is what the surroundings of a thing add to a server's environment.
func (w *World) Programs(things [][]string, only int, env func(i int) []string) []Program {
	out := make([]Program, len(things))
	for i, names := range things {
		out[i].Source = w.SourceOf(names...)
	}
	if len(w.Plans) == 0 || len(things) == 0 {
		return out
	}
	for i, p := range w.assignNamed(things, only, env(0)...) {
		if p != nil {
			out[i].Plan = p.In(w, env(i)...)
		}
	}
	return out
}

// assignNamed is [World.Assign] for such things.
func (w *World) assignNamed(things [][]string, only int, env ...string) []*Plan {
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
