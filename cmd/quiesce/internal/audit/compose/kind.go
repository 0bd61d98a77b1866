// SPDX-License-Identifier: Apache-2.0

// Package compose audits the files of docker compose: what happens to a service that is
// stopped or replaced.
package compose

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// Kind is the kind of document.
type Kind struct{}

// Name returns "compose".
func (Kind) Name() string { return "compose" }

// Candidate takes compose.yaml, docker-compose.prod.yml and their kin.
func (Kind) Candidate(path string) bool {
	base := strings.ToLower(filepath.Base(path))
	ext := filepath.Ext(base)
	return (ext == ".yaml" || ext == ".yml") && strings.Contains(base, "compose")
}

var (
	services   = regexp.MustCompile(`(?m)^["']?(?:services|include)["']?\s*:`)
	kubernetes = regexp.MustCompile(`(?m)^apiVersion\s*:`)
)

// Recognise takes those that have services, and no object of Kubernetes.
func (k Kind) Recognise(f *manifest.File) bool {
	return k.Candidate(f.Path) && services.Match(f.Data) && !kubernetes.Match(f.Data)
}

// isOverride reports whether a file of that name is one to be merged into another.
func isOverride(name string) bool { return strings.Contains(name, "override") }

// Checks returns the ids of the rules.
func (Kind) Checks() []string { return slices.Sorted(maps.Keys(checks)) }

// checks are the rules by their ids; what they mean is in the folder of the rule.
var checks = map[string]func(s *service, report manifest.Report){
	"compose-grace-too-short": graceTooShort,
	"compose-no-init":         noInit,
	"compose-shell-as-pid1":   shellAsPID1,
	"compose-stop-signal":     stopSignal,
}

// Audit checks all services of a run.
func (Kind) Audit(docs []*manifest.Document, world *manifest.World, report manifest.Report) {
	all := build(docs, world)
	assignPrograms(all, world)
	for _, id := range (Kind{}).Checks() {
		for _, s := range all {
			checks[id](s, func(f manifest.Finding) {
				f.Rule = id
				report(f)
			})
		}
	}
}
