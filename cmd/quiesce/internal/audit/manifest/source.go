// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"path"
	"slices"
	"strings"
)

// A Source is what the sources of a program tell of the signals that it takes.
type Source struct {
	Name string // what runs it in the manifests; empty is what its package is called
	Path string // of its package

	Takes, Ignores []string // signals, such as SIGTERM
	All            bool     // it takes all that can be taken

	// Perhaps are signals of which it is not known whether they are taken; Unknown is whether
	// that is so for all that are in no list.
	Perhaps []string
	Unknown bool

	used bool
}

// Handles reports whether the program takes a signal, and whether that is known.
func (s *Source) Handles(signal string) (yes, known bool) {
	signal = signalName(signal)
	switch {
	case signal == "SIGKILL" || signal == "SIGSTOP":
		return false, true
	case s.All || slices.Contains(s.Takes, signal):
		return true, true
	}
	return false, !s.Unknown && !slices.Contains(s.Perhaps, signal) && portable[signal]
}

// Unhandled says what a signal does that the program does not take: Go's runtime decides
// that.
func (s *Source) Unhandled(signal string) string {
	switch signal = signalName(signal); {
	case slices.Contains(s.Ignores, signal):
		return s.Path + " ignores it, and is killed at the end"
	case signal == "SIGTERM" || signal == "SIGINT" || signal == "SIGHUP":
		return s.Path + " does not handle it: it ends at once, without a stop"
	case slices.Contains(crashes, signal):
		return s.Path + " does not handle it: it crashes with a dump, without a stop"
	}
	return s.Path + " does not handle it: nothing happens until it is killed"
}

// crashes are the signals at which Go's runtime prints all goroutines and ends.
var crashes = []string{"SIGQUIT", "SIGABRT", "SIGTRAP", "SIGSYS"}

// portable are the signals of which the names say all.
var portable = map[string]bool{
	"SIGTERM": true, "SIGINT": true, "SIGHUP": true, "SIGQUIT": true, "SIGABRT": true, "SIGTRAP": true,
	"SIGSYS": true, "SIGUSR1": true, "SIGUSR2": true, "SIGALRM": true, "SIGWINCH": true, "SIGPWR": true, "SIGIO": true,
}

// signalName returns SIGTERM for SIGTERM, TERM and 15.
func signalName(s string) string {
	s = strings.ToUpper(s)
	for name, n := range map[string]string{"SIGHUP": "1", "SIGINT": "2", "SIGQUIT": "3", "SIGABRT": "6", "SIGKILL": "9", "SIGUSR1": "10", "SIGUSR2": "12", "SIGTERM": "15"} {
		if s == n {
			return name
		}
	}
	if s != "" && !strings.HasPrefix(s, "SIG") {
		s = "SIG" + s
	}
	return s
}

// SourceOf returns the sources of what is known by these names: those of a container or
// service, its workload, image and command. Nil is none that are known.
func (w *World) SourceOf(names ...string) *Source {
	for _, s := range w.Sources {
		name := s.Name
		if name == "" {
			name = path.Base(s.Path)
		}
		if slices.Contains(names, name) {
			s.used = true
			return s
		}
	}
	return nil
}

// Handles reports whether what is known by a name takes a signal, such as SIGHUP, and
// whether that is known.
func (w *World) Handles(name, signal string) (yes, known bool) {
	if s := w.SourceOf(name); s != nil {
		return s.Handles(signal)
	}
	return false, false
}

// UnusedSources returns those that are for nothing in the documents.
func (w *World) UnusedSources() []*Source {
	return slices.DeleteFunc(slices.Clone(w.Sources), func(s *Source) bool { return s.used })
}
