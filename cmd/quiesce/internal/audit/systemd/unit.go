// SPDX-License-Identifier: Apache-2.0

package systemd

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// A unit is a service with its drop-ins.
type unit struct {
	name     string             // shop.service
	doc      *manifest.Document // the unit's own, or that of the first drop-in
	whole    bool               // the unit itself is there
	settings []placed           // in the order in which systemd applies them
	program  manifest.Program   // what is known of it
}

// A placed setting knows its document.
type placed struct {
	setting
	doc *manifest.Document
}

// unitName returns the unit that a file is about.
func unitName(path string) string {
	if isDropIn(path) {
		return strings.TrimSuffix(filepath.Base(filepath.Dir(path)), ".d")
	}
	return filepath.Base(path)
}

// folder is where the unit would be.
func folder(path string) string {
	if isDropIn(path) {
		path = filepath.Dir(path)
	}
	return filepath.Dir(path)
}

// join puts drop-ins to their units: those beside them, or else all of that name. Drop-ins
// without a unit are a unit of their own.
func join(docs []*manifest.Document) []*unit {
	var units, dropIns []*unit
	for _, d := range docs {
		u := &unit{name: unitName(d.File), doc: d, whole: !isDropIn(d.File)}
		u.add(d)
		if u.whole {
			units = append(units, u)
		} else {
			dropIns = append(dropIns, u)
		}
	}
	slices.SortStableFunc(dropIns, func(a, b *unit) int {
		return cmp.Compare(filepath.Base(a.doc.File), filepath.Base(b.doc.File))
	})
	var alone []*unit
	for _, d := range dropIns {
		to := owners(d, units)
		if len(to) == 0 {
			to = owners(d, alone)
		}
		for _, u := range to {
			u.add(d.doc)
		}
		if len(to) == 0 {
			alone = append(alone, d)
		}
	}
	return append(units, alone...)
}

// owners returns the units that a drop-in is for: those beside it, or else all.
func owners(d *unit, units []*unit) []*unit {
	var near, all []*unit
	for _, u := range units {
		if !dropsInto(d.name, u.name) {
			continue
		}
		all = append(all, u)
		if folder(u.doc.File) == folder(d.doc.File) {
			near = append(near, u)
		}
	}
	if len(near) > 0 {
		return near
	}
	return all
}

// dropsInto reports whether the drop-ins of a name are for a unit: its own, those of all
// services, of its template, and of what its name begins with up to a dash.
func dropsInto(name, unit string) bool {
	base := strings.TrimSuffix(name, ".service")
	template, _, instance := strings.Cut(unit, "@")
	switch {
	case name == unit, name == "service":
		return true
	case instance && base == template+"@":
		return true
	}
	return strings.HasSuffix(base, "-") && strings.HasPrefix(unit, base)
}

func (u *unit) add(d *manifest.Document) {
	for _, s := range d.Object.(*file).settings {
		u.settings = append(u.settings, placed{s, d})
	}
}

// last returns the setting that counts, of those of [Service] with one of these keys. An
// empty value takes back what was set before.
func (u *unit) last(keys ...string) (placed, bool) {
	for i := len(u.settings) - 1; i >= 0; i-- {
		s := u.settings[i]
		if s.section == "Service" && slices.Contains(keys, s.key) {
			return s, s.value != ""
		}
	}
	return placed{}, false
}

// value returns what a key is set to, "" if it is not set.
func (u *unit) value(key string) string {
	s, _ := u.last(key)
	return s.value
}

// list returns what a key that may be there several times is set to.
func (u *unit) list(key string) []placed {
	var out []placed
	for _, s := range u.settings {
		switch {
		case s.section != "Service" || s.key != key:
		case s.value == "":
			out = nil
		default:
			out = append(out, s)
		}
	}
	return out
}

// start returns the command of the main process.
func (u *unit) start() (argv []string, at placed) {
	all := u.list("ExecStart")
	if len(all) == 0 {
		return nil, placed{}
	}
	at = all[len(all)-1]
	return words(at.value), at
}

// runs reports whether the service is to run until it is stopped, as far as it is known.
func (u *unit) runs() bool { return u.value("Type") != "oneshot" }

// section returns the place of the unit's first setting of [Service].
func (u *unit) section() placed {
	for _, s := range u.settings {
		if s.section == "Service" {
			return s
		}
	}
	return placed{doc: u.doc, setting: setting{line: 1}}
}

// at makes a finding of a setting.
func (u *unit) at(s placed, message string) manifest.Finding {
	return manifest.Finding{Doc: s.doc, Path: []any{s.line}, Message: u.name + ": " + message}
}

// variable returns what Environment= sets a variable to.
func (u *unit) variable(name string) string {
	value := ""
	for _, s := range u.list("Environment") {
		for _, w := range words(s.value) {
			if v, ok := strings.CutPrefix(w, name+"="); ok {
				value = v
			}
		}
	}
	return value
}

// environment is what a server sees of systemd, and not of what we may run in.
func (u *unit) environment() []string {
	env := []string{"INVOCATION_ID=00000000000000000000000000000001", "NOTIFY_SOCKET=", "KUBERNETES_SERVICE_HOST="}
	if grace := u.variable(quiesce.GraceVariable); grace != "" {
		env = append(env, quiesce.GraceVariable+"="+grace)
	}
	return env
}

// names are those by which a plan finds the unit.
func (u *unit) names() []string {
	name := strings.TrimSuffix(u.name, ".service")
	name, _, _ = strings.Cut(name, "@")
	names := []string{name}
	if argv, _ := u.start(); len(argv) > 0 {
		names = append(names, filepath.Base(argv[0]))
	}
	return names
}

// assignPrograms says what is known of the programs of the units. A plan without a name that
// fits none is that of the only unit.
func assignPrograms(us []*unit, world *manifest.World) {
	names := make([][]string, len(us))
	for i, u := range us {
		names[i] = u.names()
	}
	only := -1
	if len(us) == 1 {
		only = 0
	}
	for i, p := range world.Programs(names, only, func(i int) []string { return us[i].environment() }) {
		us[i].program = p
	}
}
