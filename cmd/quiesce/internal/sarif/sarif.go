// SPDX-License-Identifier: Apache-2.0

// Package sarif has the part of the Static Analysis Results Interchange Format 2.1.0
// that the verbs write. See https://docs.oasis-open.org/sarif/sarif/v2.1.0.
package sarif

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"path"
	"strings"
)

const (
	// Homepage is where the tools are described.
	Homepage = "https://github.com/go-quiesce/quiesce"

	// SourceRoot is the base of the URIs of files in the repository.
	SourceRoot = "%SRCROOT%"

	// CodePoints is a ColumnKind.
	CodePoints = "unicodeCodePoints"

	schema  = "https://json.schemastore.org/sarif-2.1.0.json"
	version = "2.1.0"
)

// The names of the types and fields are those of the format.
type (
	// A Run is what one tool found.
	Run struct {
		Tool        Tool           `json:"tool"`
		Automation  ID             `json:"automationDetails"`
		Invocations []Invocation   `json:"invocations"`
		ColumnKind  string         `json:"columnKind"`
		Results     []Result       `json:"results"`
		Properties  map[string]any `json:"properties,omitempty"`
	}
	// A Tool is a program with its rules.
	Tool struct {
		Driver Driver `json:"driver"`
	}
	// A Driver is the tool itself, without extensions.
	Driver struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
		URI     string `json:"informationUri"`
		Rules   []Rule `json:"rules"`
	}
	// A Rule is what a result is about.
	Rule struct {
		ID     string  `json:"id"`
		Short  Message `json:"shortDescription"`
		Full   Message `json:"fullDescription"`
		Help   Help    `json:"help"`
		Config Config  `json:"defaultConfiguration"`
	}
	// A Config has the level of a rule: error, warning or note.
	Config struct {
		Level string `json:"level"`
	}
	// A Help is the documentation of a rule.
	Help struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	// A Message is a text.
	Message struct {
		Text string `json:"text"`
	}
	// An ID refers to something else.
	ID struct {
		ID string `json:"id"`
	}
	// An Invocation says how the run went.
	Invocation struct {
		Successful    bool           `json:"executionSuccessful"`
		Start         string         `json:"startTimeUtc,omitempty"`
		End           string         `json:"endTimeUtc,omitempty"`
		Notifications []Notification `json:"toolExecutionNotifications,omitempty"`
	}
	// A Notification is about the run, not about what was looked at.
	Notification struct {
		Level      string     `json:"level"`
		Message    Message    `json:"message"`
		Descriptor ID         `json:"associatedRule,omitzero"`
		Locations  []Location `json:"locations,omitempty"`
	}
	// A Result is a finding.
	Result struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Kind         string            `json:"kind"`
		Message      Message           `json:"message"`
		Locations    []Location        `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Occurrences  int               `json:"occurrenceCount,omitempty"`
		Fixes        []Fix             `json:"fixes,omitempty"`
	}
	// A Location is a place in a file.
	Location struct {
		Physical Physical  `json:"physicalLocation"`
		Logical  []Logical `json:"logicalLocations,omitempty"`
	}
	// A Physical is a region of a file.
	Physical struct {
		Artifact Artifact `json:"artifactLocation"`
		Region   Region   `json:"region,omitzero"`
	}
	// An Artifact is a file.
	Artifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId,omitempty"`
	}
	// A Region is a part of a file. Lines and columns count from 1; the end column is
	// that of the first character after it.
	Region struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	// A Logical is a place in a program.
	Logical struct {
		FullName string `json:"fullyQualifiedName"`
		Kind     string `json:"kind"`
	}
	// A Fix is a change of files that makes a result go away.
	Fix struct {
		Description Message  `json:"description"`
		Changes     []Change `json:"artifactChanges"`
	}
	// A Change is one of a file.
	Change struct {
		Artifact     Artifact      `json:"artifactLocation"`
		Replacements []Replacement `json:"replacements"`
	}
	// A Replacement is that of a region by a text.
	Replacement struct {
		Deleted  Region  `json:"deletedRegion"`
		Inserted Message `json:"insertedContent"`
	}
)

// Write writes a document with one run.
func Write(w io.Writer, run *Run) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []*Run `json:"runs"`
	}{schema, version, []*Run{run}})
}

// Fingerprint makes a value of [Result.Fingerprints] of what does not change while the
// fault stays the same.
func Fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// ArtifactOf says where a file is: absolute, or in the repository.
func ArtifactOf(file string) Artifact {
	slashed := strings.ReplaceAll(file, `\`, "/")
	if len(slashed) > 2 && slashed[1:3] == ":/" { // C:/src
		slashed = "/" + slashed
	}
	if path.IsAbs(slashed) {
		return Artifact{URI: (&url.URL{Scheme: "file", Path: slashed}).String()}
	}
	u := url.URL{Path: path.Clean(slashed)}
	return Artifact{URI: u.String(), Base: SourceRoot}
}
