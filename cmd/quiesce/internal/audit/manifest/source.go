// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"path"
	"slices"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/signame"
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
	switch {
	case signame.Uncatchable(signal):
		return false, true
	case s.All || slices.Contains(s.Takes, signal):
		return true, true
	}
	return false, !s.Unknown && !slices.Contains(s.Perhaps, signal) && portable[signal]
}

// unhandled says what a signal does that the program does not take: Go's runtime decides
// that.
func (s *Source) unhandled(signal string) string {
	switch s.outcome(signal) {
	case Ignored:
		return s.Path + " ignores it, and is killed at the end"
	case Ends:
		return s.Path + " does not handle it: it ends at once, without a stop"
	case Crashes:
		return s.Path + " does not handle it: it crashes with a dump, without a stop"
	}
	return s.Path + " does not handle it: nothing happens until it is killed"
}

// outcome is what becomes of the program at a signal that it does not take.
func (s *Source) outcome(signal string) Outcome {
	switch {
	case slices.Contains(s.Ignores, signal):
		return Ignored
	case signame.Uncatchable(signal) || slices.Contains(ends, signal):
		return Ends
	case slices.Contains(crashes, signal):
		return Crashes
	}
	return Nothing
}

// ends are the signals at which Go's runtime ends the program.
var ends = []string{"SIGTERM", "SIGINT", "SIGHUP"}

// crashes are the signals at which Go's runtime prints all goroutines and ends.
var crashes = []string{"SIGQUIT", "SIGABRT", "SIGTRAP", "SIGSYS"}

// portable are the signals of which the names say all.
var portable = map[string]bool{
	"SIGTERM": true, "SIGINT": true, "SIGHUP": true, "SIGQUIT": true, "SIGABRT": true, "SIGTRAP": true,
	"SIGSYS": true, "SIGUSR1": true, "SIGUSR2": true, "SIGALRM": true, "SIGWINCH": true, "SIGPWR": true, "SIGIO": true,
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

// UnusedSources returns those that are for nothing in the documents.
func (w *World) UnusedSources() []*Source {
	return slices.DeleteFunc(slices.Clone(w.Sources), func(s *Source) bool { return s.used })
}
