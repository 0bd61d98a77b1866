// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/dockerfile"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/shell"
)

// A service is one of a project, with all that is merged into it.
type service struct {
	project *project
	doc     *manifest.Document // that names it first
	name    string
	fields  map[string]field
	partly  bool              // something that it extends is not known
	whole   bool              // what is not set is not set elsewhere
	image   *dockerfile.Image // that is built for it; nil is not known
	program manifest.Program  // what is known of it
}

// text returns a field that is written out, "" if it is not there or has a variable in it.
func (s *service) text(key string) string {
	v := s.fields[key].value
	if v == nil {
		return ""
	}
	text := fmt.Sprint(v)
	if strings.Contains(strings.ReplaceAll(text, "$$", ""), "$") {
		return ""
	}
	return text
}

// words returns entrypoint or command, as compose splits it: text without a shell.
func (s *service) words(key string) []string {
	var out []string
	switch v := s.fields[key].value.(type) {
	case string:
		out = split(v)
	case []any:
		for _, item := range v {
			out = append(out, fmt.Sprint(item))
		}
	}
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], "$$", "$")
	}
	return out
}

// split splits a command as a shell would: quotes group, a backslash keeps the next
// character.
func split(text string) []string {
	var out []string
	var b strings.Builder
	var quote rune
	in, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			in, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			in, quote = true, r
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			if in {
				out = append(out, b.String())
				b.Reset()
			}
			in = false
		default:
			in = true
			b.WriteRune(r)
		}
	}
	if in {
		out = append(out, b.String())
	}
	return out
}

// runs returns what the file says that the service runs, and the field that says so.
func (s *service) runs() (words []string, key string) {
	if e := s.words("entrypoint"); len(e) > 0 {
		return slices.Concat(e, s.words("command")), "entrypoint"
	}
	return s.words("command"), "command"
}

// environment returns the value of a variable that is written out.
func (s *service) environment(name string) string {
	switch env := s.fields["environment"].value.(type) {
	case map[string]any:
		if v, ok := env[name]; ok && v != nil {
			return fmt.Sprint(v)
		}
	case []any:
		for _, item := range env {
			if v, ok := strings.CutPrefix(fmt.Sprint(item), name+"="); ok {
				return v
			}
		}
	}
	return ""
}

// surroundings are what a server sees in a container, and not of what we may run in.
func (s *service) surroundings() []string {
	env := []string{"KUBERNETES_SERVICE_HOST=", "NOTIFY_SOCKET=", "INVOCATION_ID="}
	if grace := s.environment(quiesce.GraceVariable); grace != "" {
		env = append(env, quiesce.GraceVariable+"="+grace)
	}
	return env
}

// names are those by which a plan finds the service.
func (s *service) names() []string {
	names := []string{s.name, s.text("container_name"), manifest.ImageName(s.text("image"))}
	words, _ := s.runs()
	if _, rest := shell.CutInit(words); len(rest) > 0 {
		names = append(names, path.Base(rest[0]))
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}

// at makes a finding of a field of the service, or of the service if it has not got it.
func (s *service) at(key, message string) manifest.Finding {
	f := manifest.Finding{Doc: s.doc, Path: []any{s.name}, Message: "service " + s.name + ": " + message}
	if from, ok := s.fields[key]; ok {
		f.Doc, f.Path = from.doc, []any{from.service, key}
	}
	return f
}

// assignPrograms says what is known of the programs of the services. A plan without a name that
// fits none is that of the only service that is built here.
func assignPrograms(all []*service, world *manifest.World) {
	names := make([][]string, len(all))
	var built []int
	for i, s := range all {
		names[i] = s.names()
		if _, ok := s.fields["build"]; ok {
			built = append(built, i)
		}
	}
	only := -1
	switch {
	case len(all) == 1:
		only = 0
	case len(built) == 1:
		only = built[0]
	}
	for i, p := range world.Programs(names, only, func(i int) []string { return all[i].surroundings() }) {
		all[i].program = p
	}
}
