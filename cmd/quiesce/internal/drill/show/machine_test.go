// SPDX-License-Identifier: Apache-2.0

package show

import (
	"encoding/json"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/sarif"
)

// TestJUnit reads the report as a CI system does: a case for each check, in order, each
// with at most one outcome, and sums that agree.
func TestJUnit(t *testing.T) {
	for _, run := range []*record.Run{sampleFail(), samplePass()} {
		var doc struct {
			XMLName xml.Name   `xml:"testsuites"`
			A       []xml.Attr `xml:",any,attr"`
			Suites  []struct {
				Name      string     `xml:"name,attr"`
				A         []xml.Attr `xml:",any,attr"`
				Timestamp string     `xml:"timestamp,attr"`
				Cases     []struct {
					Name    string `xml:"name,attr"`
					Class   string `xml:"classname,attr"`
					Time    string `xml:"time,attr"`
					Failure *struct {
						Message string `xml:"message,attr"`
					} `xml:"failure"`
					Error *struct {
						Message string `xml:"message,attr"`
					} `xml:"error"`
					Skipped *struct {
						Message string `xml:"message,attr"`
					} `xml:"skipped"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal([]byte(printed(t, "junit.xml", run)), &doc); err != nil {
			t.Fatal(err)
		}
		if len(doc.Suites) != 1 || doc.Suites[0].Timestamp != "2026-11-20T14:03:05" {
			t.Fatalf("suites %+v", doc.Suites)
		}
		cases := doc.Suites[0].Cases
		if len(cases) != len(run.Checks) {
			t.Fatalf("%d cases for %d checks", len(cases), len(run.Checks))
		}
		sums := map[string]string{"tests": count(len(cases))}
		outcomes := map[record.Verdict]int{}
		for i, c := range cases {
			check := &run.Checks[i]
			outcomes[check.Verdict]++
			if c.Name != check.ID || c.Class == "" || c.Time == "" {
				t.Errorf("case %d is %+v, want %s", i, c, check.ID)
			}
			if got := (c.Failure != nil); got != (check.Verdict == record.Fail) {
				t.Errorf("%s: failure is %v", c.Name, got)
			}
			if got := (c.Error != nil); got != (check.Verdict == record.Inconclusive) {
				t.Errorf("%s: error is %v", c.Name, got)
			}
			if got := (c.Skipped != nil); got != (check.Verdict == record.NotTried) {
				t.Errorf("%s: skipped is %v", c.Name, got)
			}
		}
		sums["failures"], sums["errors"], sums["skipped"] = count(outcomes[record.Fail]), count(outcomes[record.Inconclusive]), count(outcomes[record.NotTried])
		for _, attrs := range [][]xml.Attr{doc.A, doc.Suites[0].A} {
			for name, want := range sums {
				if !slices.ContainsFunc(attrs, func(a xml.Attr) bool { return a.Name.Local == name && a.Value == want }) {
					t.Errorf("%s is not %s in %v", name, want, attrs)
				}
			}
		}
	}
}

// TestJUnitNeverGreen: a drill that has not passed fails the build, whatever its checks say.
func TestJUnitNeverGreen(t *testing.T) {
	run := samplePass()
	run.Verdict, run.Reason = record.Inconclusive, "interrupted"
	if out := printed(t, "junit.xml", run); !strings.Contains(out, `<error message="interrupted" type="INCONCLUSIVE">`) || !strings.Contains(out, `errors="1"`) {
		t.Error("no case says that the drill did not pass")
	}
	if out := printed(t, "junit.xml", samplePass()); strings.Contains(out, "<error") || strings.Contains(out, "<failure") {
		t.Error("a drill that has passed is not green")
	}
}

// sarifDoc is what GitHub reads of a SARIF file, and what the schema requires.
type sarifDoc struct {
	Schema  string `json:"$schema"`
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name, InformationURI string
				Rules                []struct {
					ID                                      string
					ShortDescription, FullDescription, Help struct{ Text string }
				}
			}
		}
		AutomationDetails struct{ ID string }
		Invocations       []struct {
			ExecutionSuccessful        *bool
			ToolExecutionNotifications []struct {
				Message        struct{ Text string }
				AssociatedRule struct{ ID string }
			}
		}
		Results []struct {
			RuleID      string
			RuleIndex   *int
			Level, Kind string
			Message     struct{ Text string }
			Locations   []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI, URIBaseID string }
					Region           struct{ StartLine int }
				}
			}
			PartialFingerprints map[string]string
			OccurrenceCount     int
		}
	}
}

func sarifOf(t *testing.T, run *record.Run) *sarifDoc {
	t.Helper()
	s := new(sarifDoc)
	if err := json.Unmarshal([]byte(printed(t, "sarif", run)), s); err != nil {
		t.Fatal(err)
	}
	if s.Version != "2.1.0" || !strings.HasSuffix(s.Schema, "sarif-2.1.0.json") || len(s.Runs) != 1 {
		t.Fatalf("not SARIF 2.1.0: %+v", s)
	}
	return s
}

func TestSARIF(t *testing.T) {
	run := sampleFail()
	out := sarifOf(t, run).Runs[0]
	rules := out.Tool.Driver.Rules
	if len(rules) != len(run.Checks) {
		t.Errorf("%d rules for %d checks", len(rules), len(run.Checks))
	}
	for i, rule := range rules {
		if rule.ID != run.Checks[i].ID || rule.ShortDescription.Text == "" || rule.FullDescription.Text == "" || rule.Help.Text == "" {
			t.Errorf("rule %d: %+v", i, rule)
		}
	}
	seen := map[string]bool{}
	var failed []string
	for _, r := range out.Results {
		failed = append(failed, r.RuleID)
		fp := r.PartialFingerprints[fingerprintKey]
		if r.RuleIndex == nil || rules[*r.RuleIndex].ID != r.RuleID || r.Level != "error" || r.Kind != "fail" || r.Message.Text == "" || len(fp) != 32 || seen[fp] {
			t.Errorf("result %+v", r)
		}
		seen[fp] = true
		if len(r.Locations) != 1 || r.Locations[0].PhysicalLocation.Region.StartLine < 1 {
			t.Fatalf("result without a place: %+v", r)
		}
		if u, err := url.Parse(r.Locations[0].PhysicalLocation.ArtifactLocation.URI); err != nil || u.Path == "" {
			t.Errorf("place %v: %v", u, err)
		}
	}
	if want := []string{"requests-keepalive", "exits", "exits-in-time", "exit-code", "no-process-left", "idle-connections"}; !slices.Equal(failed, want) {
		t.Errorf("results for %v, want %v", failed, want)
	}
	first := out.Results[0]
	if at := first.Locations[0].PhysicalLocation; at.ArtifactLocation.URI != "shop/main.go" || at.ArtifactLocation.URIBaseID != "%SRCROOT%" || at.Region.StartLine != 61 {
		t.Errorf("the guilty hook is at %+v", at)
	}
	if want := len(run.Checks[0].Findings) + run.Checks[0].More; first.OccurrenceCount != want {
		t.Errorf("it occurred %d times, want %d", first.OccurrenceCount, want)
	}
	if in := out.Invocations[0]; in.ExecutionSuccessful == nil || !*in.ExecutionSuccessful || len(in.ToolExecutionNotifications) != 3 {
		t.Errorf("invocation %+v", in)
	}
}

// TestSARIFResultsMayBeEmpty: the list is there all the same, as it says that all is well.
func TestSARIFResultsMayBeEmpty(t *testing.T) {
	if out := printed(t, "sarif", samplePass()); !strings.Contains(out, `"results": []`) {
		t.Error("no empty list of results")
	}
}

// TestFingerprint: it stays while lines, rounds and texts change, and tells rules, files
// and programs apart.
func TestFingerprint(t *testing.T) {
	of := func(change func(*record.Run)) string {
		run := sampleFail()
		change(run)
		return sarifOf(t, run).Runs[0].Results[0].PartialFingerprints[fingerprintKey]
	}
	each := func(change func(*record.Finding)) func(*record.Run) {
		return func(run *record.Run) {
			for i := range run.Checks[0].Findings {
				change(&run.Checks[0].Findings[i])
			}
		}
	}
	base := of(func(*record.Run) {})
	same := of(each(func(f *record.Finding) { f.Place, f.Round, f.At, f.Text = "shop/main.go:99", 1, 0, "other" }))
	if same != base {
		t.Error("a moved line makes a new alert")
	}
	if of(each(func(f *record.Finding) { f.Place = "shop/other.go:61" })) == base {
		t.Error("another file is the same alert")
	}
	if of(func(run *record.Run) { run.Checks[0].ID = "requests-new" }) == base {
		t.Error("another rule is the same alert")
	}
}

func TestPlaces(t *testing.T) {
	for _, tt := range []struct {
		place, uri, base string
		line             int
	}{
		{"shop/main.go:61", "shop/main.go", "%SRCROOT%", 61},
		{"/src/my shop/main.go:61", "file:///src/my%20shop/main.go", "", 61},
		{`C:\src\main.go:7`, "file:///C:/src/main.go", "", 7},
		{"./server", "server", "%SRCROOT%", 1},
		{"a:0", "./a:0", "%SRCROOT%", 1},
	} {
		file, line := splitPlace(tt.place)
		if a := sarif.ArtifactOf(file); a.URI != tt.uri || a.Base != tt.base || line != tt.line {
			t.Errorf("%s is %+v line %d, want %+v", tt.place, a, line, tt)
		}
	}
}
