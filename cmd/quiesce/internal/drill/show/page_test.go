// SPDX-License-Identifier: Apache-2.0

package show

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A pageTree is what a parser finds in a page.
type pageTree struct {
	ids   map[string]int
	links []string // href="#…"
	text  strings.Builder
}

// checkHTML parses a page and looks for what must not be there: scripts, styles and
// addresses that are not our own.
func checkHTML(t *testing.T, page string) *pageTree {
	t.Helper()
	for _, own := range []string{pageCSS, pageJS} {
		if strings.Count(page, own) != 1 {
			t.Error("the page has not its own style and script, once each and as they are")
		}
		page = strings.Replace(page, own, "", 1)
	}
	tree := &pageTree{ids: map[string]int{}}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return tree
		}
		if err != nil {
			t.Errorf("the page cannot be parsed: %v", err)
			return tree
		}
		switch x := token.(type) {
		case xml.StartElement:
			tree.element(t, x)
		case xml.CharData:
			tree.text.Write(x)
		case xml.Comment:
			t.Errorf("a comment: %s", x)
		}
	}
}

func (p *pageTree) element(t *testing.T, e xml.StartElement) {
	t.Helper()
	switch e.Name.Local {
	case "script", "style":
		p.ids[e.Name.Local]++
		if p.ids[e.Name.Local] > 1 {
			t.Errorf("a second <%s>", e.Name.Local)
		}
	case "img", "iframe", "object", "embed", "link", "form", "base":
		t.Errorf("<%s>", e.Name.Local)
	}
	for _, a := range e.Attr {
		name := strings.ToLower(a.Name.Local)
		switch {
		case name == "id":
			p.ids[a.Value]++
		case name == "href" && strings.HasPrefix(a.Value, "#"):
			p.links = append(p.links, a.Value[1:])
		case name == "href", name == "src", name == "style", strings.HasPrefix(name, "on"):
			t.Errorf("<%s %s=%q>", e.Name.Local, name, a.Value)
		}
	}
}

// TestPage: every link leads somewhere, ids are there once, and what is asked of a page
// is on it.
func TestPage(t *testing.T) {
	run := sampleFail()
	page := printed(t, "html", run)
	tree := checkHTML(t, page)
	for id, n := range tree.ids {
		if n != 1 {
			t.Errorf("id %q is there %d times", id, n)
		}
	}
	for _, link := range tree.links {
		if tree.ids[link] == 0 {
			t.Errorf("a link to %q, which is not there", link)
		}
	}
	for _, r := range run.Rounds {
		if tree.ids["r"+count(r.Number)] == 0 {
			t.Errorf("round %d is not drawn", r.Number)
		}
	}
	text := tree.text.String()
	for _, want := range []string{
		"FAIL", run.Reason, run.Replay, "shop/main.go:61", "requests-keepalive", "timed-out: 2 of 9 requests did not end in time",
		"leaves out 9.", `\x1b[31mdrain "http"`, "<script>alert(1)</script> & done", "listener closed", "readiness", "SIGTERM",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if !regexp.MustCompile(`http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-[^"]+script-src &#39;sha256-`).MatchString(page) {
		t.Error("no policy that lets nothing else in")
	}
}

// bigRun is a long drill of a server with many hooks.
func bigRun(rounds int) *record.Run {
	m := newMaker(9)
	run := m.drill(rounds)
	for i := range run.Rounds {
		in := run.Rounds[i].Inside
		for len(in.Hooks) < 24 {
			in.Hooks = append(in.Hooks, in.Hooks...)
		}
	}
	m.spoil(&run.Rounds[rounds/2], 9)
	run.Checks, run.Verdict, run.Reason = goodChecks(), record.Fail, "9 requests were lost"
	return bounded(run)
}

// TestPageOf300Rounds: a long drill makes no page that is slow to make or to open, and
// the bad round is on it.
func TestPageOf300Rounds(t *testing.T) {
	run := bigRun(300)
	began := time.Now()
	page := printed(t, "html", run)
	t.Logf("%d bytes in %v", len(page), time.Since(began))
	if len(page) >= 1_000_000 {
		t.Errorf("%d bytes", len(page))
	}
	tree := checkHTML(t, page)
	if tree.ids["r151"] != 1 || !strings.Contains(page, `class="round first" id="r151"`) {
		t.Error("the bad round is not the one that is shown")
	}
	if !strings.Contains(tree.text.String(), "listed only, to keep the page small") {
		t.Error("the page does not say that rounds are left out")
	}
	for _, link := range tree.links {
		if tree.ids[link] == 0 {
			t.Errorf("a link to %q, which is not there", link)
		}
	}
}

// TestAllBad: the budget holds if there is nothing but bad rounds.
func TestAllBad(t *testing.T) {
	m := newMaker(10)
	run := m.drill(300)
	for i := range run.Rounds {
		m.spoil(&run.Rounds[i], 40)
	}
	run.Checks = goodChecks()
	failure := &run.Checks[0]
	failure.Verdict = record.Fail
	for i := range run.Rounds {
		for _, l := range run.Rounds[i].Lost {
			failure.Findings = append(failure.Findings, record.Finding{Round: i + 1, At: l.Ended, Text: l.Error})
		}
	}
	page := printed(t, "html", run)
	if len(page) >= 1_000_000 {
		t.Errorf("%d bytes", len(page))
	}
	if strings.Count(page, `class="round first"`) != 1 {
		t.Error("not one round is shown first")
	}
}
