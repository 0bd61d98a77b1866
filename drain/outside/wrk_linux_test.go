// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// guarded returns the command that runs a program which knows no end of standard
// input, and sends it a signal then.
func guarded(signal string, args ...string) quiescetest.Command {
	script := `"$@" & cat; kill -` + signal + ` $!; wait $!`
	return quiescetest.Command{Args: append([]string{"sh", "-c", script, "sh"}, args...)}
}

// wrks is wrk with 64 connections, none of which ever pauses.
type wrks struct{ child }

func wrkLoad(t *testing.T, s site) load {
	t.Helper()
	c := guarded("INT", program(t, "wrk"), "-t2", "-c64", "--timeout", "20s",
		"-d", fmt.Sprintf("%.0fs", clientLife.Seconds()), s.url())
	return wrks{startChild(t, c).(child)}
}

var (
	wrkSent   = regexp.MustCompile(`(\d+) requests in`)
	wrkErrors = regexp.MustCompile(`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`)
	wrkStatus = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
)

func (w wrks) end(t *testing.T) tally {
	t.Helper()
	w.CloseStdin()
	r := w.Wait()
	if r.Code != 0 {
		t.Errorf("wrk: %s\nstderr:\n%s", r.Status(), r.Stderr)
	}
	t.Log(r.Stdout)
	var s tally
	s.Sent = total(wrkSent, r.Stdout)
	s.Lost = total(wrkErrors, r.Stdout) + total(wrkStatus, r.Stdout)
	s.explain(r.Stdout)
	return s
}

// total adds up the numbers that are found, if any.
func total(found *regexp.Regexp, text string) int {
	sum := 0
	if m := found.FindStringSubmatch(text); m != nil {
		for _, number := range m[1:] {
			n, _ := strconv.Atoi(number) // digits; nobody sends as many as do not fit
			sum += n
		}
	}
	return sum
}
