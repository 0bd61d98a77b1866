// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A World is what is known beside the documents.
type World struct {
	Plans   []*Plan
	Sources []*Source
	Files   map[string]*File // all that were read, by their clean paths

	// Problem takes what goes wrong while the documents are checked, such as a server that
	// does not print its plan.
	Problem func(error)

	// Note takes what the user should know about the audit itself.
	Note func(Note)
}

// mostReferred bounds a file that a document refers to, in bytes.
const mostReferred = 1 << 20

// Refer returns a file that a document refers to, such as a script, nil if it cannot be read
// or is no regular file.
func (w *World) Refer(name string) *File {
	name = filepath.Clean(name)
	if f, ok := w.Files[name]; ok {
		return f
	}
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > mostReferred {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	f := NewFile(name, data)
	w.Files[name] = f
	return f
}

// Assign says which of the things that run servers, each known by several names, has which
// plan; nil is none that is known. The names are those of a container or service, its
// workload, image and command. A plan that was given a name is for what has it. One
// without is for what is called as its app or its file; if nothing is, it is for
// all that have no other. Env is what the surroundings add to a server's environment.
func (w *World) Assign(things [][]string, env ...string) []*Plan {
	out := make([]*Plan, len(things))
	for _, p := range w.Plans {
		names := p.names(w, env)
		for i, t := range things {
			if out[i] == nil && slices.ContainsFunc(t, func(n string) bool { return slices.Contains(names, n) }) {
				out[i] = p
				p.used = true
			}
		}
	}
	for _, p := range w.Plans {
		if p.used || p.Name != "" {
			continue
		}
		for i := range out {
			if out[i] == nil {
				out[i] = p
			}
		}
		p.used = len(out) > 0
	}
	return out
}

// Unused returns the plans that were assigned to nothing.
func (w *World) Unused() []*Plan {
	return slices.DeleteFunc(slices.Clone(w.Plans), func(p *Plan) bool { return p.used })
}

// ImageName returns the last part of an image's name, without tag and digest: "shop" of
// "registry.example.org:5000/team/shop:1.2@sha256:…".
func ImageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndexByte(image, '/')+1:]
	image, _, _ = strings.Cut(image, ":")
	return image
}
