// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// h2loadLoad: 8 connections with 16 requests at a time on each. One that is told
// to leave is not replaced, so that h2load ends with an instance, if not before.
// It does not say which requests a GOAWAY refused: they count as lost.
func h2loadLoad(t *testing.T, s site) load {
	t.Helper()
	path := program(t, "h2load")
	return loop(t, 1, func(int) func(*tally) error {
		cmd := exec.Command(path, "-c8", "-m16", "-n2000", "-N20s", s.url())
		out, err := cmd.CombinedOutput()
		return func(s *tally) error { return s.addH2load(string(out), err) }
	})
}

var h2loadRequests = regexp.MustCompile(`requests: \d+ total, (\d+) started, \d+ done, (\d+) succeeded`)

func (s *tally) addH2load(out string, err error) error {
	var started, succeeded int
	m := h2loadRequests.FindStringSubmatch(out)
	if m == nil {
		return fmt.Errorf("h2load: %w\n%s", err, out)
	}
	fmt.Sscan(m[1]+" "+m[2], &started, &succeeded)
	if started == 0 && strings.Contains(out, "could not connect") {
		s.Refused++
		time.Sleep(10 * time.Millisecond)
		return nil
	}
	s.Sent += started
	s.Opened += 8
	if lost := started - succeeded; lost > 0 {
		s.Lost += lost
		s.explain(fmt.Sprintf("%d of %d", lost, started))
	}
	return nil
}
