// SPDX-License-Identifier: Apache-2.0

// Package kubernetes audits the manifests of Kubernetes: what happens to a pod's requests
// when it is stopped, rolled out or evicted.
package kubernetes

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// Kind is the kind of document. It takes all YAML that no other kind has taken: what is
// no manifest is passed over, and what cannot be read is said.
type Kind struct{}

// Name returns "kubernetes".
func (Kind) Name() string { return "kubernetes" }

// Candidate takes YAML and JSON.
func (Kind) Candidate(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// Recognise takes YAML, and whatever has an object of Kubernetes in it.
func (k Kind) Recognise(f *manifest.File) bool {
	if k.Candidate(f.Path) && !strings.EqualFold(filepath.Ext(f.Path), ".json") {
		return true
	}
	return k.Ours(f)
}

// Ours reports whether there may be an object of Kubernetes in a file.
func (Kind) Ours(f *manifest.File) bool {
	return bytes.Contains(f.Data, []byte("apiVersion")) && bytes.Contains(f.Data, []byte("kind"))
}

// Checks returns the ids of the rules.
func (Kind) Checks() []string { return slices.Sorted(maps.Keys(checks)) }

// A check looks at one workload or, if that is nil, at what lies between objects.
type check struct {
	workload func(w *workload, report manifest.Report)
	cluster  func(c *cluster, report manifest.Report)
}

// checks are the rules by their ids; what they mean is in the folder of the rule.
var checks = map[string]check{
	"grace-too-short":         {workload: graceTooShort},
	"grace-zero":              {workload: graceZero},
	"liveness-in-drain":       {workload: livenessInDrain},
	"liveness-on-readiness":   {workload: livenessOnReadiness},
	"no-drain-delay":          {workload: noDrainDelay},
	"no-init":                 {workload: noInit},
	"pdb-blocks-drain":        {cluster: pdbBlocksDrain},
	"pdb-empties-service":     {cluster: pdbEmptiesService},
	"prestop-no-shell":        {workload: preStopNoShell},
	"probe-port-closes-first": {workload: probePortClosesFirst},
	"probe-port-unknown":      {workload: probePortUnknown},
	"readiness-is-liveness":   {workload: readinessIsLiveness},
	"readiness-missing":       {workload: readinessMissing},
	"readiness-too-slow":      {workload: readinessTooSlow},
	"recreate-served":         {workload: recreateServed},
	"rollout-empties-service": {workload: rolloutEmptiesService},
	"shell-as-pid1":           {workload: shellAsPID1},
	"stop-signal-unhandled":   {workload: stopSignalUnhandled},
	"subpath-never-reloads":   {workload: subPathNeverReloads},
}

// Audit checks all objects of a run together.
func (Kind) Audit(docs []*manifest.Document, world *manifest.World, report manifest.Report) {
	c := newCluster(docs, world)
	for _, id := range (Kind{}).Checks() {
		check := checks[id]
		withRule := func(f manifest.Finding) {
			f.Rule = id
			report(f)
		}
		if check.cluster != nil {
			check.cluster(c, withRule)
			continue
		}
		for _, w := range c.workloads {
			check.workload(w, withRule)
		}
	}
}
