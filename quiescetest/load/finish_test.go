// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"testing"
	"time"
)

// Who is still connecting when the session finishes has begun nothing: it is neither
// waited for nor counted.
func TestFinishGivesUpConnecting(t *testing.T) {
	s, err := Start(t.Context(), Config{
		Addr: "127.0.0.1:1", RTT: 2 * time.Hour, Timeout: time.Hour, Records: true,
		Loads: []Load{{Name: "late", Kind: KeepAlive(Request{}), Callers: 4}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Finish(context.Background())
	if tally := s.Tallies()[0]; tally.Attempts() != 0 {
		t.Errorf("counted %v, want nothing", tally.Outcomes)
	}
	for r := range s.Records(0) {
		t.Errorf("recorded %+v, want nothing", r)
	}
}
