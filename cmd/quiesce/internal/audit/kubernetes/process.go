// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"path"
	"slices"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/shell"
)

// needShell are the programs of a hook that an image without a shell has not got either.
var needShell = []string{"sh", "bash", "ash", "dash", "sleep", "kill", "killall", "pkill", "curl", "wget", "echo", "cat", "touch", "rm", "test", "true", "nc"}

// preStopNoShell: a hook that cannot be run is skipped, and with it the delay.
func preStopNoShell(w *workload, report manifest.Report) {
	for i := range w.containers {
		k := &w.containers[i]
		hook := k.preStop()
		if hook == nil || hook.Exec == nil || len(hook.Exec.Command) == 0 || shell.Of(k.Image) != shell.None {
			continue
		}
		program := path.Base(hook.Exec.Command[0])
		if !slices.Contains(needShell, program) {
			continue
		}
		report(manifest.Finding{
			Doc: w.doc, Path: k.in("lifecycle", "preStop"),
			Message: fmt.Sprintf("%s: container %s: preStop runs %s, which the image %s has not; the hook fails and nothing waits", w.doc.Name, k.Name, program, k.Image),
		})
	}
}

// words returns what the pod says the container runs, and where it says so.
func (k *container) words() (words []string, where string) {
	if len(k.Command) == 0 {
		return k.Args, "args"
	}
	return slices.Concat(k.Command, k.Args), "command"
}

// script returns the script of a container that the pod lets a shell run.
func (k *container) script() (s shell.Script, name, where string, ok bool) {
	words, where := k.words()
	name, text := shell.Command(words)
	if text == "" {
		return s, "", "", false
	}
	s, ok = shell.Parse(text)
	return s, name, where, ok
}

// shellAsPID1: a shell that stays gets the signals, and as process 1 ignores them.
func shellAsPID1(w *workload, report manifest.Report) {
	if !w.runs() {
		return
	}
	for i := range w.containers {
		k := &w.containers[i]
		s, name, where, ok := k.script()
		if !ok {
			continue
		}
		sure, who := s.StaysIn(name, k.Image)
		switch sure {
		case shell.Replaced:
			continue
		case shell.Perhaps:
			who = "the shell, unless it is one that replaces itself,"
		}
		report(manifest.Finding{
			Doc: w.doc, Path: k.in(where),
			Message: fmt.Sprintf("%s: container %s: %s -c %q: %s stays process 1 and SIGTERM does not reach the program", w.doc.Name, k.Name, name, s.Words(), who),
			Fix:     "write exec before the last command, or name the program without a shell",
			Unsure:  sure == shell.Perhaps,
		})
	}
}

// noInit: the program is process 1 and has a child that it did not start.
func noInit(w *workload, report manifest.Report) {
	if !w.runs() || w.pod.ShareProcessNamespace != nil && *w.pod.ShareProcessNamespace {
		return
	}
	for i := range w.containers {
		k := &w.containers[i]
		s, _, where, ok := k.script()
		if !ok {
			continue
		}
		if words, _ := s.Leaves(); words != "" {
			report(manifest.Finding{
				Doc: w.doc, Path: k.in(where),
				Message: fmt.Sprintf("%s: container %s: %q is left in the background to %q, which as process 1 neither signals nor reaps it", w.doc.Name, k.Name, words, s.Words()),
			})
		}
	}
}

// stopSignalUnhandled: a signal that the program has no handler for does nothing to
// process 1; SIGKILL is no request.
func stopSignalUnhandled(w *workload, report manifest.Report) {
	for i := range w.containers {
		k := &w.containers[i]
		if k.Lifecycle == nil || k.Lifecycle.StopSignal == nil {
			unhandledTerm(k, report)
			continue
		}
		signal := string(*k.Lifecycle.StopSignal)
		why := k.program().Deaf(signal)
		if why == "" {
			continue
		}
		report(manifest.Finding{
			Doc: w.doc, Path: k.in("lifecycle", "stopSignal"),
			Message: fmt.Sprintf("%s: container %s: stopSignal %s does not ask for a stop: %s", w.doc.Name, k.Name, signal, why),
		})
	}
}

// unhandledTerm: without a stop signal in the pod it is that of the image, which mostly has
// none, and then SIGTERM.
func unhandledTerm(k *container, report manifest.Report) {
	why := k.program().Deaf("SIGTERM")
	if why == "" || !k.w.runs() {
		return
	}
	report(manifest.Finding{
		Doc: k.w.doc, Path: k.in("name"),
		Message: fmt.Sprintf("%s: container %s: the stop signal SIGTERM is not handled: %s", k.w.doc.Name, k.Name, why),
		Fix:     "handle SIGTERM in the program",
	})
}

// program is what is known of what the container runs.
func (k *container) program() manifest.Program {
	return manifest.Program{Plan: k.plan, Source: k.w.cluster.world.SourceOf(k.names()...)}
}
