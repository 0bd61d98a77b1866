// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/demo"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func TestBeside(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"report.html", "report-shop.html"},
		{"dir.d/report", "dir.d/report-shop"},
		{"out/a.b.json", "out/a.b-shop.json"},
	} {
		if got := beside(tt.path, "shop"); got != tt.want {
			t.Errorf("beside(%q) = %q, want %q", tt.path, got, tt.want)
		}
	}
}

// TestDemoVerdict: it is all right only if the naive main is caught and the shop loses
// nothing, what no client sees included.
func TestDemoVerdict(t *testing.T) {
	for _, tt := range []struct {
		naive, shop record.Verdict
		outbox      demo.Outbox
		want        int
	}{
		{record.Fail, record.Pass, demo.Outbox{}, codeOK},
		{record.Pass, record.Pass, demo.Outbox{}, codeFindings},
		{record.Inconclusive, record.Pass, demo.Outbox{}, codeFindings},
		{record.Fail, record.Fail, demo.Outbox{}, codeFindings},
		{record.Fail, record.Pass, demo.Outbox{Unpublished: 1}, codeFindings},
		{record.Fail, record.Pass, demo.Outbox{Damage: "row 7 missing"}, codeFindings},
		{record.Fail, record.Pass, demo.Outbox{Again: 3}, codeOK},
		{record.Fail, record.Inconclusive, demo.Outbox{}, codeInconclusive},
	} {
		naive := &demo.Side{Name: "naive", Run: &record.Run{Verdict: tt.naive}}
		shop := &demo.Side{Name: "shop", Run: &record.Run{Verdict: tt.shop}, Outbox: tt.outbox}
		if got := exitCode(demoVerdict(naive, shop)); got != tt.want {
			t.Errorf("naive %s, shop %s %+v: exit code %d, want %d", tt.naive, tt.shop, tt.outbox, got, tt.want)
		}
	}
}
