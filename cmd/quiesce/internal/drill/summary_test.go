// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

const ms = time.Millisecond

func TestSummary(t *testing.T) {
	// The session began 5 ms after the round; the signal comes at 100, the end at 150.
	s := newSummary(frame{shift: 5 * ms, signalled: 100 * ms, gone: 150 * ms}, &load.Tally{Name: "a", Told: 1, Reconnects: 2, GoAways: 3})
	for _, r := range []load.Record{
		{Due: 10 * ms, Sent: 11 * ms, Done: 12 * ms},                                   // before the signal
		{Due: 90 * ms, Sent: 90 * ms, Done: 97 * ms},                                   // in flight
		{Due: 98 * ms, Sent: 98 * ms, Done: 102 * ms, Outcome: load.NoResponse},        // after it
		{Due: 110 * ms, Done: 111 * ms, Outcome: load.ResetBeforeWrite},                // never on the wire
		{Due: 112 * ms, Done: 113 * ms, Outcome: load.Refused},                         // no connection
		{Due: 114 * ms, Sent: 115 * ms, Done: 116 * ms, Outcome: load.HTTPRefused},     //
		{Due: 140 * ms, Sent: 140 * ms, Done: 250 * ms, Outcome: load.Abandoned},       // nobody answers it any more
		{Due: 150 * ms, Sent: 150 * ms, Done: 151 * ms, Outcome: load.ResetAfterWrite}, // sent when it was gone
		{Due: 151 * ms, Done: 152 * ms, Outcome: load.ClientLimit},                     // ours
		{Due: 10 * time.Minute, Done: 10*time.Minute + ms, Outcome: load.Refused},      // long after
	} {
		s.add(&r)
	}
	got := s.end()
	if got.Name != "a" || got.Told != 1 || got.Reconnects != 2 || got.GoAways != 3 {
		t.Errorf("of the tally: %+v", got)
	}
	if got.Sent != 6 || got.Window != 4 || got.Answered != 2 || got.Safe != 2 || got.Refused != 2 || got.Lost != 3 {
		t.Errorf("%+v; want 6 sent, 4 in the window, 2 answered, 2 safe, 2 refused, 3 lost", got)
	}
	if got.Outcomes["ok"] != 2 || got.Outcomes["refused"] != 2 || got.Outcomes["client_limit"] != 1 {
		t.Errorf("outcomes %v", got.Outcomes)
	}
	if got.Before != (record.Quantiles{N: 2, P50: 2 * ms, P90: 7 * ms, P99: 7 * ms, Max: 7 * ms}) || got.After.N != 0 || got.Latency.N != 2 {
		t.Errorf("latency before %+v, after %+v", got.Before, got.After)
	}
	if s.last != 102*ms || s.firstRefused != 118*ms {
		t.Errorf("last answer %v, first refused %v; want 102ms and 118ms", s.last, s.firstRefused)
	}
	answered, lost, after := 0, 0, time.Duration(-1)
	for _, b := range got.Buckets {
		answered, lost = answered+b.Answered, lost+b.Lost
		if b.From <= after || b.From%record.BucketWidth != 0 {
			t.Errorf("bucket at %v after %v", b.From, after)
		}
		after = b.From
	}
	if answered != 2 || lost != 3 || after > time.Second {
		t.Errorf("buckets have %d answered and %d lost, the last at %v", answered, lost, after)
	}
}

func TestSummaryWithoutSignal(t *testing.T) {
	s := newSummary(frame{signalled: -1, gone: 50 * ms}, &load.Tally{Name: "a"})
	s.add(&load.Record{Sent: ms, Done: 2 * ms})
	s.add(&load.Record{Done: 60 * ms, Outcome: load.Refused})
	if got := s.end(); got.Window != 0 || got.Before.N != 1 || s.firstRefused != 0 {
		t.Errorf("%+v, first refused %v", got, s.firstRefused)
	}
}

func TestQuantiles(t *testing.T) {
	var all []time.Duration
	for i := range 200 {
		all = append(all, time.Duration(200-i))
	}
	if got, want := quantiles(all), (record.Quantiles{N: 200, P50: 100, P90: 180, P99: 198, Max: 200}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := quantiles([]time.Duration{3}), (record.Quantiles{N: 1, P50: 3, P90: 3, P99: 3, Max: 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := quantiles(nil); got != (record.Quantiles{}) {
		t.Errorf("of none: %+v", got)
	}
}
