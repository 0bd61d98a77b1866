// SPDX-License-Identifier: Apache-2.0

package show

import (
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// progressOf tells the sample, a round a second.
func progressOf(tty bool) string {
	var b strings.Builder
	p := NewProgress(&b, tty)
	p.Note("preparing \x1b[2J")
	run := sampleFail()
	for i := range run.Rounds {
		r := run.Rounds[i]
		r.Began, r.Took = time.Duration(i)*time.Second, time.Second
		p.Round(&r, i+1, len(run.Rounds))
	}
	p.End()
	p.End()
	return b.String()
}

func TestProgressPlain(t *testing.T) {
	out := progressOf(false)
	if strings.ContainsAny(out, "\x1b\r") {
		t.Errorf("control characters in plain lines:\n%q", out)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	status := 0
	for _, line := range lines {
		if strings.Contains(line, " requests: ") || strings.Contains(line, "longest stop") {
			status++
		}
	}
	if status != 6 { // at 1, 4, 7, 10 and 13 s, and at the end
		t.Errorf("%d status lines in 14 s:\n%s", status, out)
	}
	for _, want := range []string{
		`preparing \x1b[2J`, "round 2, plain, SIGTERM 34.1ms after it was ready: 7 requests lost (reset_after_write)\n",
		"killed at the end of its grace period", "left process pid 4242 (sh -c sleep 100): child of the server behind",
		"the load was late",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the lines lack %q:\n%s", want, out)
		}
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "round 14 of 14, 6 bad: 16,694 requests, 18 lost, longest stop ") {
		t.Errorf("the last line is %q", last)
	}
}

// TestProgressTerminal plays the terminal: what is left on it is the lines that stay.
func TestProgressTerminal(t *testing.T) {
	var screen []string
	line := ""
	for _, part := range strings.SplitAfter(strings.ReplaceAll(progressOf(true), "\r\x1b[K", "\r"), "\n") {
		if i := strings.LastIndexByte(part, '\r'); i >= 0 {
			for _, s := range strings.Split(part, "\r") {
				if n := len([]rune(strings.TrimSuffix(s, "\n"))); strings.HasPrefix(s, "[") && n > statusWidth {
					t.Errorf("a status line of %d columns: %s", n, s)
				}
			}
			line = part[i+1:]
		} else {
			line += part
		}
		if strings.HasSuffix(line, "\n") {
			screen = append(screen, strings.TrimSuffix(line, "\n"))
			line = ""
		}
	}
	if line != "" {
		t.Errorf("left on the last line: %q", line)
	}
	if len(screen) != 7 || screen[0] != `preparing \x1b[2J` || !strings.Contains(screen[1], "7 requests lost") {
		t.Errorf("left on the screen: %q", screen)
	}
}

func TestProgressWithoutPlan(t *testing.T) {
	var b strings.Builder
	p := NewProgress(&b, false)
	p.Round(&record.Round{Number: 1, Signalled: -1}, 1, 0)
	p.End()
	if want := "1 round: 0 requests, 0 lost, longest stop 0ms\n"; b.String() != want {
		t.Errorf("got %q", b.String())
	}
}
