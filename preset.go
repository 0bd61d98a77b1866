// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"os"
	"time"

	"github.com/go-quiesce/quiesce/sigmux"
)

// A preset is a set of values for one kind of surroundings. It fills only what
// no option has set, wherever it stands among the options.
type preset struct {
	name           string
	grace          time.Duration
	readinessDelay time.Duration
	policy         func() sigmux.Policy
	termLog        string
	dieOfSignal    bool
}

func (p preset) applyApp(c *appConfig) { c.preset = p.name }

// fill gives the preset's values to whatever is still unset.
func (p preset) fill(c *appConfig) {
	c.grace.fill(p.grace)
	c.readinessDelay.fill(p.readinessDelay)
	c.policy.fill(p.policy())
	c.termLog.fill(p.termLog)
	c.dieOfSignal = p.dieOfSignal
}

// Kubernetes is the preset for a pod: a grace period of 25 s, five less than
// terminationGracePeriodSeconds' default of 30; a readiness delay of 5 s, in
// which endpoints and load balancers learn of the change; only SIGINT
// escalates, because a preStop hook that sends SIGTERM is followed by the
// kubelet's own; the reason of the stop goes to /dev/termination-log.
func Kubernetes() Option { return kubernetesPreset }

// Systemd is the preset for a service: a grace period of 80 s, ten less than
// TimeoutStopSec's default of 90; no readiness delay; only SIGINT escalates.
func Systemd() Option { return systemdPreset }

// Interactive is the preset for a terminal: a grace period of 10 s; no
// readiness delay; a second Ctrl-C hurries, a third ends the process; a stop by
// a signal ends with the process dying of that signal, so that shell loops and
// make stop too.
func Interactive() Option { return interactivePreset }

// Auto picks a preset from the surroundings: [Interactive] if standard error is
// a terminal, else [Systemd] if systemd started us, else [Kubernetes] if we
// live in a pod, else none. The plan and the report say which.
func Auto() Option { return autoPreset{} }

type autoPreset struct{}

func (autoPreset) applyApp(c *appConfig) { c.preset = autoName(os.Getenv, isTerminal(os.Stderr)) }

var (
	kubernetesPreset = preset{
		name: "kubernetes", grace: 25 * time.Second, readinessDelay: 5 * time.Second,
		policy: sigmux.Orchestrated, termLog: "/dev/termination-log",
	}
	systemdPreset = preset{
		name: "systemd", grace: 80 * time.Second, policy: sigmux.Orchestrated,
	}
	interactivePreset = preset{
		name: "interactive", grace: 10 * time.Second, policy: sigmux.Interactive, dieOfSignal: true,
	}
)

// autoName says which preset fits the surroundings, "" for none of them.
// INVOCATION_ID is set by systemd 232 and later for every unit's processes.
func autoName(getenv func(string) string, terminal bool) string {
	switch {
	case terminal:
		return interactivePreset.name
	case getenv("NOTIFY_SOCKET") != "" || getenv("INVOCATION_ID") != "":
		return systemdPreset.name
	case getenv("KUBERNETES_SERVICE_HOST") != "":
		return kubernetesPreset.name
	default:
		return ""
	}
}

// fillPreset applies the chosen preset after all options were read.
func (c *appConfig) fillPreset() {
	for _, p := range []preset{kubernetesPreset, systemdPreset, interactivePreset} {
		if p.name == c.preset {
			p.fill(c)
		}
	}
}
