// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/judge"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const (
	sarifSchema  = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifVersion = "2.1.0"
	homepage     = "https://github.com/go-quiesce/quiesce"

	// fingerprintKey names how the fingerprints are made; the number grows when that
	// changes, as every alert is a new one then.
	fingerprintKey = "quiesceDrill/v1"
)

type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Automation  sarifID           `json:"automationDetails"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
		Properties  map[string]any    `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		URI     string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID     string       `json:"id"`
		Short  sarifMessage `json:"shortDescription"`
		Full   sarifMessage `json:"fullDescription"`
		Help   sarifHelp    `json:"help"`
		Config sarifConfig  `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifHelp struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifID struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Start         string              `json:"startTimeUtc"`
		End           string              `json:"endTimeUtc"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level      string       `json:"level"`
		Message    sarifMessage `json:"message"`
		Descriptor sarifID      `json:"associatedRule"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Kind         string            `json:"kind"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Occurrences  int               `json:"occurrenceCount,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		FullName string `json:"fullyQualifiedName"`
		Kind     string `json:"kind"`
	}
)

// SARIF prints one rule for each check, and a result for each place to which a failed
// check points; one that knows no place points to the program. What could not be decided
// is a notification: SARIF has results for what was found.
func SARIF(w io.Writer, run *record.Run) error {
	v := newView(run)
	doc := sarifLog{Schema: sarifSchema, Version: sarifVersion, Runs: []sarifRun{v.sarifRun()}}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func (v *view) sarifRun() sarifRun {
	out := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "quiesce drill", Version: clean(v.Tool), URI: homepage, Rules: []sarifRule{}}},
		Automation:  sarifID{"quiesce-drill/" + clean(v.program()) + "/"},
		Invocations: []sarifInvocation{v.sarifInvocation()},
		ColumnKind:  "unicodeCodePoints",
		Results:     []sarifResult{},
		Properties: map[string]any{
			"verdict": clean(string(v.Verdict)), "reason": clean(v.Reason), "seed": strconv.FormatUint(v.Setup.Seed, 10),
			"bound": boundText(&v.Bound), "replay": clean(v.Replay),
		},
	}
	for i := range v.Checks {
		c := &v.Checks[i]
		out.Tool.Driver.Rules = append(out.Tool.Driver.Rules, sarifRuleOf(c))
		if c.Verdict == record.Fail {
			out.Results = append(out.Results, v.sarifResults(c, i)...)
		}
	}
	return out
}

func sarifRuleOf(c *record.Check) sarifRule {
	title := sarifMessage{cmp.Or(clean(c.Title), clean(c.ID))}
	rule := sarifRule{ID: clean(c.ID), Short: title, Full: title, Help: sarifHelp{Text: "quiesce explain " + clean(c.ID)}, Config: sarifConfig{"error"}}
	if e, ok := judge.Lookup(c.ID); ok {
		rule.Full.Text, rule.Help = e.Meaning, sarifHelp{e.String(), e.Markdown("###")}
	}
	return rule
}

func (v *view) sarifInvocation() sarifInvocation {
	in := sarifInvocation{
		Successful: v.Verdict != record.Inconclusive && v.Interrupted == "",
		Start:      v.Began.UTC().Format(time.RFC3339), End: v.Began.Add(v.Took).UTC().Format(time.RFC3339),
	}
	for _, c := range v.by(record.Inconclusive) {
		in.Notifications = append(in.Notifications, sarifNotification{"warning", sarifMessage{clean(c.Text)}, sarifID{clean(c.ID)}})
	}
	for _, c := range v.by(record.NotTried) {
		in.Notifications = append(in.Notifications, sarifNotification{"note", sarifMessage{"not tried: " + clean(c.Text)}, sarifID{clean(c.ID)}})
	}
	return in
}

// sarifResults returns one result for each file to which the findings point.
func (v *view) sarifResults(c *record.Check, index int) []sarifResult {
	findings := c.Findings
	if len(findings) == 0 {
		findings = []record.Finding{{}}
	}
	var list []sarifResult
	at := map[string]int{} // place → index in list
	for _, f := range findings {
		if i, seen := at[f.Place]; seen {
			list[i].Occurrences++
			continue
		}
		at[f.Place] = len(list)
		list = append(list, v.sarifResult(c, index, &f))
	}
	list[0].Occurrences += max(0, c.More)
	return list
}

func (v *view) sarifResult(c *record.Check, index int, f *record.Finding) sarifResult {
	message := clean(c.Text)
	if f.Text != "" {
		message += "; first in " + v.findingText(&group{*f, 1})
	}
	file, line := splitPlace(f.Place)
	if file == "" {
		file = v.program()
	}
	return sarifResult{
		RuleID: clean(c.ID), RuleIndex: index, Level: "error", Kind: "fail", Message: sarifMessage{message}, Occurrences: 1,
		Locations: []sarifLocation{{
			Physical: sarifPhysical{artifact(file), sarifRegion{line}},
			Logical:  []sarifLogical{{clean(v.target()), "process"}},
		}},
		// Neither the line nor the text: both change while the fault stays the same.
		Fingerprints: map[string]string{fingerprintKey: fingerprint(c.ID, file)},
	}
}

// program names what was drilled, by its command without its arguments.
func (v *view) program() string {
	switch s := &v.Setup; {
	case len(s.Command) > 0 && s.Command[0] != "":
		return s.Command[0]
	case s.Unit != "":
		return s.Unit
	default:
		return "server"
	}
}

func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// splitPlace takes "shop/main.go:42" apart. A place without a line is at line 1.
func splitPlace(place string) (file string, line int) {
	if i := strings.LastIndexByte(place, ':'); i > 0 {
		if n, err := strconv.Atoi(place[i+1:]); err == nil && n > 0 {
			return place[:i], n
		}
	}
	return place, 1
}

// artifact is where a file is: absolute, or in the repository.
func artifact(file string) sarifArtifact {
	slashed := strings.ReplaceAll(file, `\`, "/")
	if len(slashed) > 2 && slashed[1:3] == ":/" { // C:/src
		slashed = "/" + slashed
	}
	if path.IsAbs(slashed) {
		return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: slashed}).String()}
	}
	u := url.URL{Path: path.Clean(slashed)}
	return sarifArtifact{URI: u.String(), Base: "%SRCROOT%"}
}
