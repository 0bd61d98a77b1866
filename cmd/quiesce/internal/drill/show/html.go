// SPDX-License-Identifier: Apache-2.0

package show

import (
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Parse(pageHTML))
})

// pageLimit bounds the page, in bytes: the rounds that matter most are drawn first, and
// when there is no more room the others are only listed.
const pageLimit = 950_000

// HTML prints one page that needs nothing else: no network, no other file, and no
// script but for convenience. Its policy lets nothing in.
func HTML(w io.Writer, run *record.Run) error {
	v := newView(run)
	all := map[int]bool{}
	for _, r := range run.Rounds {
		all[r.Number] = true
	}
	var rest counter // the page without its rounds
	if err := pageTemplate().ExecuteTemplate(&rest, "page", v.page(all)); err != nil {
		return err
	}
	rounds, drawn, err := v.drawRounds(pageLimit - int(rest))
	if err != nil {
		return err
	}
	p := v.page(drawn)
	p.Rounds = rounds
	return pageTemplate().ExecuteTemplate(w, "page", p)
}

// A counter counts what is written.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// page is what the template shows.
type page struct {
	Brand, Policy, Tool, Verdict, Class, Target, Reason, Interrupted string
	Text, Bound, Smallest, Replay, CheckSum, Footer                  string

	Style   template.CSS
	Script  template.JS
	Tiles   []tile
	Groups  []checkGroup
	Skipped []record.Skip
	Stops   *pageStops
	Rounds  template.HTML
	Setup   []pair
}

type tile struct {
	Title, Value, Note string
	Bad                bool
}

type pair struct{ Name, Text string }

// A checkGroup is folded away if it needs no reader.
type checkGroup struct {
	Title      string
	Fold, Open bool
	Checks     []pageCheck
}

type pageCheck struct {
	ID, Title, Verdict, Class, Text, More string
	Open, Places                          bool
	Findings                              []pageFinding
	Explain                               []explanation
}

type pageFinding struct {
	Round           int
	Link            bool
	At, Text, Place string
	Times           string // how often, if more than once
	Cell            bool   // others have a place
}

func (v *view) page(drawn map[int]bool) *page {
	p := &page{
		Brand: "drill", Policy: policy(), Tool: clean(v.Tool), Verdict: clean(string(v.Verdict)), Class: class(v.Verdict), Target: clean(v.target()),
		Reason: clean(v.Reason), Interrupted: clean(v.Interrupted), Replay: clean(v.Replay),
		Style: template.CSS(pageCSS), Script: template.JS(pageJS), Tiles: v.tiles(), CheckSum: v.checkSum(), Setup: v.setup(),
		Footer: fmt.Sprintf("quiesce %s · drill of %s, %s · report schema %d", clean(v.Tool), v.Began.UTC().Format("2006-01-02 15:04:05 UTC"), short(v.Took), v.Schema),
	}
	if v.Bound.Lost == 0 { // else the figures above say it all
		p.Bound = boundText(&v.Bound)
	}
	if s := v.Smallest; s != nil {
		p.Smallest = fmt.Sprintf("%s, %s, with %s", situation(&record.Round{Schedule: *s}), signals(s), scheduleLoads(s))
	}
	p.Groups = v.groups(drawn)
	for _, s := range v.Skipped {
		p.Skipped = append(p.Skipped, record.Skip{What: clean(s.What), Why: clean(s.Why)})
	}
	if len(v.Rounds) > 0 {
		p.Stops = v.pageStops(drawn)
	}
	return p
}

// policy lets in our own style and script, and nothing else.
func policy() string {
	return fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hash(pageCSS), hash(pageJS))
}

// hash is what the policy allows a script or style by.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func class(v record.Verdict) string {
	switch v {
	case record.Pass:
		return "pass"
	case record.Fail:
		return "fail"
	case record.NotTried:
		return "nottried"
	}
	return "inconclusive"
}

func (v *view) checkSum() string {
	var parts []string
	for _, k := range []struct {
		verdict record.Verdict
		word    string
	}{{record.Fail, "failed"}, {record.Inconclusive, "inconclusive"}, {record.Pass, "passed"}, {record.NotTried, "not tried"}} {
		if n := len(v.by(k.verdict)); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k.word))
		}
	}
	return strings.Join(parts, ", ")
}

// groups are what went wrong, and then, folded, what went well and what was not tried.
func (v *view) groups(drawn map[int]bool) []checkGroup {
	var groups []checkGroup
	add := func(g checkGroup, verdicts ...record.Verdict) {
		for _, verdict := range verdicts {
			for _, c := range v.by(verdict) {
				g.Checks = append(g.Checks, v.pageCheck(&c, drawn))
			}
		}
		if len(g.Checks) > 0 {
			g.Title = fmt.Sprintf("%d %s", len(g.Checks), g.Title)
			groups = append(groups, g)
		}
	}
	add(checkGroup{}, record.Fail, record.Inconclusive)
	add(checkGroup{Title: "passed", Fold: true, Open: v.Verdict == record.Pass}, record.Pass)
	add(checkGroup{Title: "not tried", Fold: true}, record.NotTried)
	return groups
}

// pageFindings is how many findings of a check the page lists: the rounds show all.
const pageFindings = 5

func (v *view) pageCheck(c *record.Check, drawn map[int]bool) pageCheck {
	k := pageCheck{
		ID: clean(c.ID), Title: clean(c.Title), Verdict: clean(string(c.Verdict)), Class: class(c.Verdict), Text: clean(c.Text),
		Open: c.Verdict == record.Fail, Explain: explain(c.ID),
	}
	more := c.More
	for i, f := range grouped(c.Findings) {
		if i >= pageFindings {
			more += f.times
			continue
		}
		row := pageFinding{f.Round, drawn[f.Round], relative(v.sinceSignal(&f.Finding)), body(&f.Finding), clean(f.Place), "", false}
		if f.times > 1 {
			row.Times = count(f.times)
		}
		k.Places = k.Places || row.Place != ""
		k.Findings = append(k.Findings, row)
	}
	for i := range k.Findings {
		k.Findings[i].Cell = k.Places
	}
	if more > 0 {
		k.More = count(more)
	}
	return k
}

func (v *view) tiles() []tile {
	b := &v.Bound
	took := stopTimes(v.all())
	bad := 0
	for i := range v.Rounds {
		if s := v.state(&v.Rounds[i]); s == "lost" || s == "bad" {
			bad++
		}
	}
	chance := tile{"Loss, 95 % bound", "–", "nothing is proven yet", false}
	switch {
	case b.Lost > 0 && b.Stops > 0:
		chance = tile{"Lost a stop", fmt.Sprintf("%.3g", float64(b.Lost)/float64(b.Stops)), "requests, on average", true}
	case b.Requests > 0:
		chance = tile{"Loss, 95 % bound", "≤ " + oneIn(b.Requests), "requests around a stop", false}
	}
	return []tile{
		v.stopsTile(bad),
		{"Lost requests", count(b.Lost), fmt.Sprintf("%s around the stops, %s in all", plural(b.Window, "request"), count(b.Sent)), b.Lost > 0},
		chance,
		{"Time to stop", short(quantile(took, 0.5)), fmt.Sprintf("median; longest %s, allowed %s", v.longest(took), short(v.Setup.Grace)), false},
	}
}

func (v *view) stopsTile(bad int) tile {
	if bad == 0 {
		return tile{"Stops", count(v.Bound.Stops), "none with a finding", false}
	}
	return tile{"Stops with a finding", count(bad), "of " + count(v.Bound.Stops), true}
}

// longest is the longest stop, unless some never ended.
func (v *view) longest(took []time.Duration) string {
	if n := v.killed(); n > 0 {
		return fmt.Sprintf("%s (%s killed)", short(quantile(took, 1)), count(n))
	}
	return short(quantile(took, 1))
}

// setup lists what was asked for.
func (v *view) setup() []pair {
	s := &v.Setup
	list := []pair{{"server", v.target()}, {"mode", string(s.Mode)}, {"signal", s.Signal}, {"grace period", short(s.Grace)}}
	if s.Delay > 0 {
		list = append(list, pair{"readiness delay", short(s.Delay)})
	}
	list = append(list, pair{"exit codes", strings.Trim(fmt.Sprint(s.Codes), "[]")},
		pair{"readiness probe", s.Ready}, pair{"liveness probe", s.Live}, pair{"seed", fmt.Sprint(s.Seed)},
		pair{"least stops, requests", count(s.MinStops) + ", " + count(s.MinSent)})
	for _, l := range s.Loads {
		list = append(list, pair{"load " + l.Name, loadText(&l)})
	}
	list = slices.DeleteFunc(list, func(p pair) bool { return p.Text == "" })
	for i := range list {
		list[i] = pair{clean(list[i].Name), clean(list[i].Text)}
	}
	return list
}

// loadText reads "http/1.1, 64 connections, 800 requests a second, http://…".
func loadText(l *record.LoadSetup) string {
	parts := []string{cmp.Or(string(l.Protocol), "?"), plural(l.Connections, "connection")}
	if l.NewConn {
		parts[1] = fmt.Sprintf("%d at once, each request on a new connection", l.Connections)
	}
	switch {
	case l.Rate > 0:
		parts = append(parts, fmt.Sprintf("%.4g requests a second", l.Rate))
	case l.Think > 0:
		parts = append(parts, short(l.Think)+" between an answer and the next request")
	}
	if l.Long {
		parts = append(parts, "until the server ends it")
	}
	return strings.Join(append(parts, l.URL), ", ")
}
