// SPDX-License-Identifier: Apache-2.0

package dockerfile

import (
	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/shell"
)

// An Image is what a Dockerfile builds.
type Image struct {
	Base       string // the image that it starts from; "" is not known
	StopSignal string // "" is that of its base
	target     *target
}

// Build returns the image of a target, or of the last stage, with values for the arguments of
// the Dockerfile. It is nil if there is none.
func Build(f *manifest.File, stage string, args map[string]string, world *manifest.World) *Image {
	o, err := parse(f.Data)
	if err != nil {
		return nil
	}
	o.given = args
	n := len(o.stages) - 1
	if stage != "" {
		if n = o.stageOf(stage, len(o.stages)); n < 0 {
			return nil
		}
	}
	t := o.target(&manifest.Document{File: f.Path, Line: 1, Object: o, Places: manifest.Lines{}}, world, n)
	if t.windows() {
		return nil
	}
	return &Image{Base: t.base, StopSignal: t.stopSignal, target: t}
}

// Runs returns what a container of the image runs that is given an entrypoint or a command, or
// both: the init, and what comes after it and the scripts that it goes through. No words are
// something that the image has of its own.
func (i *Image) Runs(entrypoint, cmd []string) (init shell.Init, words []string) {
	t := *i.target
	if len(entrypoint) > 0 {
		t.entrypoint, t.cmd = given(entrypoint), nil
	}
	if len(cmd) > 0 {
		t.cmd = given(cmd)
	}
	if t.entrypoint != nil && t.entrypoint.PrependShell {
		return init, nil
	}
	p := t.process()
	return p.init, p.words
}

func given(words []string) *command {
	return &command{ShellDependantCmdLine: instructions.ShellDependantCmdLine{CmdLine: words}}
}
