// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"path"
	"slices"
	"strings"
)

// An Init is a program that as process 1 passes on signals and reaps children.
type Init struct {
	Name  string
	Group bool // it signals all processes of its child's group
	Whole bool // it runs its own services; what becomes of signals is its affair
}

// wholes are the inits that are more than a wrapper.
var wholes = []string{
	"init", "my_init", "s6-svscan", "runsvdir", "runit", "runit-init", "supervisord", "supervisor", "systemd", "openrc-init", "circusd", "monit",
	"multirun", "s6-overlay", "entrypoint-init",
}

// wrappers are those that run one program, with the options that take a value and the ones
// that say that the group is, or is not, signalled.
var wrappers = map[string]struct {
	value, group, single string
}{
	"tini": {"-p -e", "-g", ""}, "tini-static": {"-p -e", "-g", ""}, "docker-init": {"-p -e", "-g", ""},
	"catatonit": {"", "-g", ""}, "dumb-init": {"-r --rewrite", "", "-c --single-child"}, "pid1": {"", "", ""},
}

// CutInit returns the init that a command begins with, and the rest.
func CutInit(words []string) (init Init, rest []string) {
	if len(words) == 0 {
		return init, words
	}
	name := path.Base(words[0])
	if slices.Contains(wholes, name) {
		return Init{Name: name, Whole: true}, nil
	}
	w, ok := wrappers[name]
	if !ok {
		return init, words
	}
	init = Init{Name: name, Group: w.single != ""}
	i := 1
	for ; i < len(words) && strings.HasPrefix(words[i], "-"); i++ {
		switch word := words[i]; {
		case word == "--":
			return init, words[i+1:]
		case isOneOf(word, w.value):
			i++
		case isOneOf(word, w.single):
			init.Group = false
		case isOneOf(word, w.group) || w.group != "" && !strings.HasPrefix(word, "--") && strings.Contains(word, "g"):
			init.Group = true
		}
	}
	return init, words[min(i, len(words)):]
}

// File returns the file that a command lets a shell read: "sh /entrypoint.sh" and
// "/entrypoint.sh" alike. rest is what the script is given.
func File(words []string) (file string, rest []string) {
	if len(words) == 0 {
		return "", nil
	}
	if name := path.Base(words[0]); !IsShell(name) {
		return words[0], words[1:]
	}
	for i, w := range words[1:] {
		if !strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "+") {
			return w, words[i+2:]
		}
		if strings.Contains(w, "c") || strings.HasSuffix(w, "o") {
			return "", nil
		}
	}
	return "", nil
}
