// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/shell"
)

// defaultGrace is terminationGracePeriodSeconds if it is not set.
const defaultGrace = 30

// suggestedMargin is what a fix adds to what a stop takes at most, in seconds.
const suggestedMargin = 5

// grace returns the pod's grace period, and how a message names it.
func (w *workload) grace() (time.Duration, string) {
	if s := w.pod.TerminationGracePeriodSeconds; s != nil {
		name := fmt.Sprintf("terminationGracePeriodSeconds %d", *s)
		if *s < 0 {
			return time.Second, name + ", which counts as 1,"
		}
		return seconds(*s), name
	}
	return defaultGrace * time.Second, fmt.Sprintf("terminationGracePeriodSeconds, %d as it is not set,", defaultGrace)
}

// seconds keeps absurd numbers within a duration.
func seconds[T int32 | int64](n T) time.Duration {
	return time.Duration(min(int64(n), math.MaxInt64/int64(time.Second)/4)) * time.Second
}

// graceZero: the kubelet kills at once, without preStop and without SIGTERM. Agents of a node,
// such as those of its network, have it so on purpose: two of them cannot run on a node at a
// time, and the gap between them is what costs.
func graceZero(w *workload, report manifest.Report) {
	busy := slices.ContainsFunc(w.containers, func(k container) bool { return !k.idle })
	if s := w.pod.TerminationGracePeriodSeconds; s == nil || *s != 0 || !busy && len(w.containers) > 0 {
		return
	}
	f := manifest.Finding{
		Doc: w.doc, Path: w.in("terminationGracePeriodSeconds"),
		Message: w.doc.Name + ": terminationGracePeriodSeconds 0 kills the pod at once, without preStop and SIGTERM",
	}
	if _, agent := w.doc.Object.(*appsv1.DaemonSet); agent && w.pod.HostNetwork && len(w.serving()) == 0 {
		f.Unsure = true
		f.Message += "; an agent of a node may want that, if it has nothing to lose"
	}
	report(f)
}

// A stop is what a container's stop takes at most, as far as it is known, and what that is
// made of.
type stop struct {
	hook  time.Duration // preStop
	app   time.Duration // from SIGTERM on; 0 if it is not known
	chain []string
}

func (s stop) sum() time.Duration { return s.hook + s.app }

func (s stop) String() string {
	return fmt.Sprintf("%s = %v", strings.Join(s.chain, " + "), s.sum().Round(time.Millisecond))
}

// stop adds up the container's stop. Its parts run one after the other, within one grace
// period.
func (k *container) stop() stop {
	var s stop
	if s.hook = k.preStopSleep(); s.hook > 0 {
		s.chain = append(s.chain, fmt.Sprintf("preStop sleep %v", s.hook))
	}
	switch grace, err := time.ParseDuration(k.variable(quiesce.GraceVariable)); {
	case k.plan != nil && k.plan.WorstCase > 0:
		s.app = k.plan.WorstCase
		s.chain = append(s.chain, manifest.Chain(k.plan))
	case err == nil && grace > 0:
		s.app = grace
		s.chain = append(s.chain, fmt.Sprintf("%s %v", quiesce.GraceVariable, grace))
	}
	return s
}

// preStopSleep is how long the preStop hook sleeps at least.
func (k *container) preStopSleep() time.Duration {
	switch hook := k.preStop(); {
	case hook == nil:
		return 0
	case hook.Sleep != nil:
		return max(0, seconds(hook.Sleep.Seconds))
	case hook.Exec != nil:
		return shell.Sleeps(hook.Exec.Command)
	}
	return 0
}

func (k *container) preStop() *corev1.LifecycleHandler {
	if k.Lifecycle == nil {
		return nil
	}
	return k.Lifecycle.PreStop
}

// graceTooShort: preStop and the program's stop share one grace period.
func graceTooShort(w *workload, report manifest.Report) {
	grace, name := w.grace()
	if grace == 0 {
		return // graceZero's
	}
	for i := range w.containers {
		k := &w.containers[i]
		s := k.stop()
		k.probeGrace(s, report)
		f := manifest.Finding{Doc: w.doc, Path: w.in("terminationGracePeriodSeconds")}
		switch {
		case s.sum() > grace:
			f.Message = fmt.Sprintf("%s: container %s: %s is less than %s", w.doc.Name, k.Name, name, s)
		case s.app == 0 && s.hook == grace:
			f.Message = fmt.Sprintf("%s: container %s: preStop sleep %v uses up %s; nothing is left for the program", w.doc.Name, k.Name, s.hook, name)
		default:
			continue
		}
		f.Fix = fmt.Sprintf("set terminationGracePeriodSeconds: %d, or make the stop shorter", secondsFor(s.sum()))
		report(f)
	}
}

func secondsFor(d time.Duration) int64 {
	return int64((d+time.Second-1)/time.Second) + suggestedMargin
}

// probeGrace: a probe's own grace period takes the place of the pod's when that probe
// fails.
func (k *container) probeGrace(s stop, report manifest.Report) {
	for _, p := range k.probes() {
		own := p.probe.TerminationGracePeriodSeconds
		if own == nil || s.sum() == 0 || seconds(*own) >= s.sum() {
			continue
		}
		report(manifest.Finding{
			Doc: k.w.doc, Path: k.in(p.name, "terminationGracePeriodSeconds"),
			Message: fmt.Sprintf("%s: container %s: the %s's terminationGracePeriodSeconds %d is less than %s", k.w.doc.Name, k.Name, p.name, *own, s),
			Fix:     fmt.Sprintf("set it to %d, or leave it out", secondsFor(s.sum())),
		})
	}
}
