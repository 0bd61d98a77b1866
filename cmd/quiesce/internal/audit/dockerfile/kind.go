// SPDX-License-Identifier: Apache-2.0

// Package dockerfile audits Dockerfiles and the entrypoint scripts that they copy: whether
// the program of the image hears of a stop.
package dockerfile

import (
	"bytes"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// Kind is the kind of document.
type Kind struct{}

// Name returns "dockerfile".
func (Kind) Name() string { return "dockerfile" }

// notDockerfiles are the endings of files that are only about them.
var notDockerfiles = []string{".dockerignore", ".md", ".go", ".py", ".rb", ".js", ".ts", ".sh", ".yaml", ".yml", ".json", ".txt", ".html", ".xml", ".orig", ".rej", ".bak", ".swp"}

// Candidate takes Dockerfile, Dockerfile.shop, shop.Dockerfile and Containerfile.
func (Kind) Candidate(path string) bool {
	base := strings.ToLower(filepath.Base(path))
	if slices.Contains(notDockerfiles, filepath.Ext(base)) {
		return false
	}
	for _, name := range []string{"dockerfile", "containerfile"} {
		if base == name || strings.HasPrefix(base, name+".") || strings.HasSuffix(base, "."+name) {
			return true
		}
	}
	return false
}

// instruction matches what only Dockerfiles begin lines with.
var instruction = regexp.MustCompile(`(?m)^(?:ENTRYPOINT|CMD|RUN|COPY|ADD|WORKDIR|EXPOSE)\s+\S`)

var from = regexp.MustCompile(`(?mi)^\s*FROM\s+\S`)

// Recognise takes files of these names, those with another ending if there is a FROM in them, and what has
// the instructions.
func (k Kind) Recognise(f *manifest.File) bool {
	base := strings.ToLower(filepath.Base(f.Path))
	switch candidate := k.Candidate(f.Path); {
	case base == "dockerfile" || base == "containerfile":
		return true
	case !candidate && slices.Contains(notDockerfiles, filepath.Ext(base)):
		return false
	default:
		return bytes.Contains(bytes.ToUpper(head(f.Data)), []byte("FROM")) && from.Match(head(f.Data)) && (candidate || instruction.Match(f.Data))
	}
}

// mostHead is how far into a file its FROM is looked for, in bytes.
const mostHead = 64 << 10

func head(data []byte) []byte { return data[:min(len(data), mostHead)] }

// Checks returns the ids of the rules.
func (Kind) Checks() []string { return slices.Sorted(maps.Keys(checks)) }

// checks are the rules by their ids; what they mean is in the folder of the rule.
var checks = map[string]func(t *target, report manifest.Report){
	"image-cmd-dropped":         cmdDropped,
	"image-no-init":             noInit,
	"image-script-without-exec": scriptWithoutExec,
	"image-shell-as-pid1":       shellAsPID1,
	"image-shell-unknown":       shellUnknown,
	"image-stop-signal":         stopSignal,
}

// Audit checks what all Dockerfiles of a run build, each finding once: several targets may be
// made of the same lines.
func (Kind) Audit(docs []*manifest.Document, world *manifest.World, report manifest.Report) {
	var targets []*target
	for _, d := range docs {
		targets = append(targets, d.Object.(*file).targets(d, world)...)
	}
	assignPrograms(targets, world)
	type key struct {
		rule, file string
		line       any
	}
	seen := map[key]bool{}
	for _, id := range (Kind{}).Checks() {
		for _, t := range targets {
			checks[id](t, func(f manifest.Finding) {
				f.Rule = id
				if k := (key{id, f.Doc.File, f.Path[0]}); !seen[k] {
					seen[k] = true
					report(f)
				}
			})
		}
	}
}
