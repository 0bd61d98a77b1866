// SPDX-License-Identifier: Apache-2.0

package dockerfile

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	dockershell "github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/shell"
)

// A target is a stage that is an image of its own, with all that it has from the
// stages that it is based on.
type target struct {
	doc     *manifest.Document
	file    *file
	world   *manifest.World
	stage   int
	base    string           // the image that it starts from; "" is not known
	program manifest.Program // what is known of it

	entrypoint, cmd *command
	stopSignal      string
	stopSignalLine  int
	env             map[string]string
	workdir         string
	shell           []string
	serves          bool // it says that it is a server
	copies          []copied
}

// A command is ENTRYPOINT or CMD.
type command struct {
	instructions.ShellDependantCmdLine
	shell []string // of the shell form
	stage int
	line  int
}

// text returns the script of the shell form.
func (c *command) text() string { return strings.Join(c.CmdLine, " ") }

// words returns the command with its shell.
func (c *command) words() []string {
	if c == nil {
		return nil
	}
	if c.PrependShell && len(c.CmdLine) > 0 {
		return append(slices.Clone(c.shell), c.text())
	}
	return c.CmdLine
}

// targets returns the last stage, and those that no other is made of.
func (o *file) targets(doc *manifest.Document, world *manifest.World) []*target {
	used := map[int]bool{}
	for i, s := range o.stages {
		used[o.stageOf(s.BaseName, i)] = true
		for _, c := range s.Commands {
			if copies, ok := c.(*instructions.CopyCommand); ok && copies.From != "" {
				used[o.stageOf(copies.From, i)] = true
			}
		}
	}
	var out []*target
	for i := range o.stages {
		if i < len(o.stages)-1 && used[i] {
			continue
		}
		out = append(out, o.target(doc, world, i))
	}
	return out
}

func (o *file) target(doc *manifest.Document, world *manifest.World, stage int) *target {
	t := &target{doc: doc, file: o, world: world, stage: stage, env: map[string]string{}, workdir: "/", shell: []string{"/bin/sh", "-c"}}
	t.apply(stage)
	return t
}

// stageOf returns the stage with that name or number, of those before a stage; -1 if there is
// none.
func (o *file) stageOf(name string, before int) int {
	for i := before - 1; i >= 0; i-- {
		if o.stages[i].Name != "" && strings.EqualFold(o.stages[i].Name, name) {
			return i
		}
	}
	for i := range before {
		if name == strconv.Itoa(i) {
			return i
		}
	}
	return -1
}

// apply applies the instructions of a stage, after those of the stage it is based on.
func (t *target) apply(stage int) {
	s := &t.file.stages[stage]
	if up := t.file.baseStage(stage); up >= 0 {
		t.apply(up)
	} else {
		t.base = t.file.image(s.BaseName)
		t.serves = isServer(t.base)
	}
	for _, c := range s.Commands {
		t.instruction(c, stage)
	}
}

// baseStage returns the stage that another is FROM.
func (o *file) baseStage(stage int) int {
	name := o.stages[stage].BaseName
	for i := stage - 1; i >= 0; i-- {
		if o.stages[i].Name != "" && strings.EqualFold(o.stages[i].Name, name) {
			return i
		}
	}
	return -1
}

func (t *target) instruction(c instructions.Command, stage int) {
	switch c := c.(type) {
	case *instructions.EntrypointCommand:
		t.entrypoint = &command{c.ShellDependantCmdLine, t.shell, stage, first(c.Location())}
		if t.cmd != nil && t.cmd.stage != stage {
			t.cmd = nil // an ENTRYPOINT takes back the CMD that is inherited
		}
	case *instructions.CmdCommand:
		t.cmd = &command{c.ShellDependantCmdLine, t.shell, stage, first(c.Location())}
	case *instructions.ShellCommand:
		t.shell = c.Shell
	case *instructions.StopSignalCommand:
		t.stopSignal, t.stopSignalLine = t.expand(c.Signal), first(c.Location())
		t.serves = true
	case *instructions.WorkdirCommand:
		t.workdir = t.absolute(t.expand(c.Path))
	case *instructions.EnvCommand:
		for _, kv := range c.Env {
			t.env[kv.Key] = t.expand(kv.Value)
		}
	case *instructions.ArgCommand:
		t.arguments(c.Args)
	case *instructions.ExposeCommand:
		t.serves = true
	case *instructions.HealthCheckCommand:
		t.serves = t.serves || c.Health != nil && !slices.Contains(c.Health.Test, "NONE")
	case *instructions.CopyCommand:
		t.copies = append(t.copies, t.copied(c.SourcesAndDest, c.From, stage, first(c.Location())))
	case *instructions.AddCommand:
		t.copies = append(t.copies, t.copied(c.SourcesAndDest, "", stage, first(c.Location())))
	}
}

func (t *target) arguments(args []instructions.KeyValuePairOptional) {
	for _, a := range args {
		if _, set := t.env[a.Key]; set {
			continue
		}
		if v, ok := t.file.given[a.Key]; ok {
			t.env[a.Key] = v
		} else if a.Value != nil {
			t.env[a.Key] = t.expand(*a.Value)
		} else if v, ok := defaults(t.file)[a.Key]; ok {
			t.env[a.Key] = v
		}
	}
}

// first returns the line at which an instruction begins.
func first(location []parser.Range) int {
	if len(location) == 0 {
		return 1
	}
	return location[0].Start.Line
}

// variables are those of a Dockerfile, as its expansion wants them.
type variables map[string]string

// Get returns the value of a variable.
func (v variables) Get(name string) (string, bool) {
	value, ok := v[name]
	return value, ok
}

// Keys returns the names of the variables.
func (v variables) Keys() []string { return slices.Sorted(maps.Keys(v)) }

// defaults are the values that the arguments before the first stage have.
func defaults(o *file) variables {
	v := variables{}
	for _, arg := range o.args {
		for _, a := range arg.Args {
			if given, ok := o.given[a.Key]; ok {
				v[a.Key] = given
			} else if a.Value != nil {
				v[a.Key] = o.expand(*a.Value, v)
			}
		}
	}
	return v
}

// mostExpanded bounds what a variable can become, in bytes: each may have the others in it several
// times.
const mostExpanded = 4 << 10

// expand returns "" for what depends on a variable that is not known.
func (o *file) expand(text string, v variables) string {
	r, err := dockershell.NewLex(o.escape).ProcessWordWithMatches(text, v)
	if err != nil || len(r.Result) > mostExpanded {
		return ""
	}
	for name := range r.Unmatched {
		if !hasDefault(text, name) {
			return ""
		}
	}
	return r.Result
}

// hasDefault reports whether a variable is only there with a value for when it is not set:
// ${NAME:-value}.
func hasDefault(text, name string) bool {
	for _, form := range []string{"${" + name + ":-", "${" + name + "-"} {
		text = strings.ReplaceAll(text, form, "")
	}
	return !strings.Contains(text, "$"+name) && !strings.Contains(text, "${"+name)
}

func (t *target) expand(text string) string { return t.file.expand(text, t.env) }

// image returns the name of an image that is FROM.
func (o *file) image(name string) string { return o.expand(name, defaults(o)) }

// absolute returns a path of the image.
func (t *target) absolute(name string) string {
	if !path.IsAbs(name) {
		name = path.Join(t.workdir, name)
	}
	return path.Clean(name)
}

// servers are official images that serve, whatever is added to them.
var servers = strings.Fields(`nginx httpd redis postgres mysql mariadb mongo memcached rabbitmq haproxy traefik caddy tomcat ghost wordpress elasticsearch
	influxdb cassandra registry nats etcd vault consul grafana prometheus`)

func isServer(image string) bool { return slices.Contains(servers, manifest.ImageName(image)) }

// windows reports whether it is an image of Windows, which has no signals.
func (t *target) windows() bool {
	return slices.ContainsFunc([]string{"windows", "nanoserver", "servercore"}, func(s string) bool { return strings.Contains(strings.ToLower(t.base), s) }) ||
		len(t.shell) > 0 && !shell.IsShell(path.Base(t.shell[0]))
}

// at makes a finding of a line.
func (t *target) at(line int, message string) manifest.Finding {
	return manifest.Finding{Doc: t.doc, Path: []any{line}, Message: message}
}

// names are those by which a plan finds the image.
func (t *target) names() []string {
	folder := filepath.Base(filepath.Dir(t.doc.File))
	names := []string{t.file.stages[t.stage].Name, folder}
	for _, part := range strings.Split(filepath.Base(t.doc.File), ".") {
		if !strings.EqualFold(part, "dockerfile") && !strings.EqualFold(part, "containerfile") {
			names = append(names, part)
		}
	}
	for _, words := range [][]string{t.entrypoint.words(), t.cmd.words()} {
		if _, rest := shell.CutInit(words); len(rest) > 0 {
			names = append(names, path.Base(rest[0]))
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == "" || n == "." })
}

// inContainer is what a server sees in a container, and not of what we may run in.
func inContainer() []string {
	return []string{"KUBERNETES_SERVICE_HOST=", "NOTIFY_SOCKET=", "INVOCATION_ID="}
}

// assignPrograms says what is known of the programs of the targets.
func assignPrograms(targets []*target, world *manifest.World) {
	names := make([][]string, len(targets))
	for i, t := range targets {
		names[i] = t.names()
	}
	only := -1
	if len(targets) == 1 {
		only = 0
	}
	for i, p := range world.Programs(names, only, func(int) []string { return inContainer() }) {
		targets[i].program = p
	}
}
