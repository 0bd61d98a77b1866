// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"bytes"
	"regexp"

	"go.yaml.in/yaml/v3"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/strict"
)

// action matches what templates have, those of Helm above all, and other braces, such as
// those of workflows and of alerts, have not: the words of Helm, and braces without quotes
// where a value or a line begins.
var action = regexp.MustCompile(`(?m)(?::\s+|^\s*)\{\{|^\s*\{%|\{\{-?\s*(?:\$?\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|(?:if|else|end|range|with|define|include|template|toYaml|tpl|required|default|block)\b|/\*|\$\w*\s*:=)`)

// isTemplate reports whether this has yet to be rendered.
func isTemplate(data []byte) bool {
	return (bytes.Contains(data, []byte("{{")) || bytes.Contains(data, []byte("{%"))) && action.Match(data)
}

func templateNote(file string, line int) manifest.Note {
	return manifest.Note{
		File: file, Line: line, Folder: true,
		Text: "a template, of Helm or another tool, that is not rendered, and not audited",
		Fix:  "audit what is made of it: helm template CHART | quiesce audit -",
	}
}

// isPatch says why an object is only a part of one, as those are that kustomize merges
// into others; "" if it is whole.
func isPatch(n *yaml.Node, k kindOf) string {
	if strict.Child(n, "$patch") != nil {
		return "it has $patch"
	}
	switch k.kind {
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet":
		if strict.Child(strict.Child(n, "spec"), "selector") == nil {
			return "it has no spec.selector"
		}
	}
	return ""
}
