// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// clientLife bounds the life of a client in a full run.
const clientLife = 2 * time.Hour

// A tally is what a client counted.
type tally struct {
	Sent     int // requests that were written, or begun to be
	Lost     int // of these, without a whole answer
	Declined int // of these, and not lost: HTTP/2 says they were not begun, or not written
	Refused  int // connection attempts, which were repeated
	Opened   int // connections
	Slowest  float64
	why      []string // of the first few that were lost
}

func (s tally) String() string {
	return fmt.Sprintf("%d requests, %d lost, %d declined, %d connections, %d refused, slowest %.0f ms",
		s.Sent, s.Lost, s.Declined, s.Opened, s.Refused, s.Slowest)
}

// wantLost checks that no more than so many were lost, and that there was a load
// at all.
func (s tally) wantLost(t *testing.T, stops, most int) {
	t.Helper()
	if s.Lost > most {
		t.Errorf("%d requests lost in %d stops, want at most %d\n%s", s.Lost, stops, most, strings.Join(s.why, "\n"))
	}
	if s.Sent < stops*warm {
		t.Errorf("%d requests in %d stops: not under load", s.Sent, stops)
	}
}

// A load is clients at work. end stops them and says what they counted.
type load interface{ end(*testing.T) tally }

// A child is a program that loads the server until its standard input ends. It
// prints "lost" and why for each request that was, and its tally at the end.
type child struct{ *quiescetest.Process }

func startChild(t *testing.T, c quiescetest.Command) load {
	t.Helper()
	c.Timeout = clientLife
	return child{c.Start(t)}
}

func (c child) end(t *testing.T) tally {
	t.Helper()
	c.CloseStdin()
	r := c.Wait()
	if r.Code != 0 {
		t.Errorf("client: %s\nstderr:\n%s", r.Status(), r.Stderr)
	}
	var s tally
	for line := range strings.Lines(r.Stdout) {
		switch {
		case strings.HasPrefix(line, "lost"):
			s.explain(line)
		case strings.HasPrefix(line, "{"):
			if err := json.Unmarshal([]byte(line), &s); err != nil {
				t.Errorf("client printed %q: %v", line, err)
			}
		}
	}
	return s
}

func (s *tally) explain(why string) {
	if len(s.why) < 20 {
		s.why = append(s.why, strings.TrimSpace(why))
	}
}
