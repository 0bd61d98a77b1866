// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/dockerfile"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// located returns a build as a mapping of which the context is one that we find, from the
// folder of the file that has it.
func located(build any, folder string) any {
	fields := map[string]any{}
	switch b := build.(type) {
	case string:
		fields["context"] = b
	case map[string]any:
		for k, v := range b {
			fields[k] = v
		}
	default:
		return build
	}
	context, ok := fields["context"].(string)
	if ok && !filepath.IsAbs(context) && !isRemote(context) {
		fields["context"] = filepath.Join(folder, context)
	}
	return fields
}

// isRemote reports whether a context is no folder of this machine.
func isRemote(context string) bool {
	return strings.Contains(context, "://") || strings.HasPrefix(context, "git@") || strings.Contains(context, "$")
}

// built returns the image that is built for the service, nil if it is not known.
func (s *service) built() *dockerfile.Image {
	b, ok := s.fields["build"].value.(map[string]any)
	if !ok {
		return nil
	}
	text := func(key string) string { t, _ := b[key].(string); return t }
	args := map[string]string{}
	if given, ok := mapping(b["args"], "=").(map[string]any); ok {
		for k, v := range given {
			args[k] = fmt.Sprint(v)
		}
	}
	var f *manifest.File
	switch inline, name, context := text("dockerfile_inline"), text("dockerfile"), text("context"); {
	case inline != "":
		f = &manifest.File{Path: filepath.Join(context, "Dockerfile"), Data: []byte(inline)}
	case isRemote(context + name):
		return nil
	case filepath.IsAbs(name):
		f = s.project.world.Refer(name)
	case name != "":
		f = s.project.world.Refer(filepath.Join(context, name))
	default:
		f = s.project.world.Refer(filepath.Join(context, "Dockerfile"))
	}
	if f == nil || strings.Contains(text("target"), "$") {
		return nil
	}
	return dockerfile.Build(f, text("target"), args, s.project.world)
}

// base returns the name of the image that decides which shell the service has, "" if it is not
// known.
func (s *service) base() string {
	if _, ok := s.fields["build"]; !ok {
		return s.text("image")
	}
	if s.image != nil {
		return s.image.Base
	}
	return ""
}
