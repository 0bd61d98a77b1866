// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

func exitRules() []rule {
	return []rule{{"exits", exits}, {"exits-in-time", exitsInTime}, {"exit-code", exitCode}}
}

// exits fails for a server that does not end by itself, or ends unasked.
func exits(e *evidence, c *check) {
	ended := 0
	for _, r := range e.rounds {
		switch {
		case e.stuck(r):
			c.fail(r, e.ended(r), "it was still there %s%s", e.when(r, e.ended(r)), killedText(r))
		case unasked(r) && !prods(r.Schedule.Situation):
			c.fail(r, r.Exited, "it ended before it was asked to: %s", exitText(&r.Exit))
		case asked(r) || unasked(r):
			ended++
		}
	}
	if ended == 0 {
		c.doubt("no stop was made")
	}
	c.hold("in %s it ended by itself when it was asked to", plural(ended, "stop"))
}

func killedText(r *record.Round) string {
	if r.Exit.Killed {
		return ", and had to be killed"
	}
	return ""
}

// exitsInTime fails for a stop that takes more than the grace period.
func exitsInTime(e *evidence, c *check) {
	var took []time.Duration
	for _, r := range e.rounds {
		if !asked(r) || e.stays(r) || unasked(r) {
			continue
		}
		took = append(took, e.ended(r)-r.Signalled)
		if text := e.late(r); text != "" {
			c.fail(r, e.ended(r), "%s", text)
		}
	}
	switch {
	case e.setup.Grace <= 0:
		c.doubt("no grace period is given")
	case len(took) == 0 && e.setup.Mode == record.Upgrade && len(e.rounds) > 0:
		c.untried = "It replaced itself and kept its pid."
	case len(took) == 0:
		c.doubt("no stop was made")
	default:
		slices.Sort(took)
		longest := took[len(took)-1]
		c.hold("of %s the longest took %s, which is %.3g %% of the %s it has, and half of them took %s at most", plural(len(took), "stop"),
			short(longest), 100*float64(longest)/float64(e.setup.Grace), e.setup.Grace, short(took[(len(took)-1)/2]))
	}
}

// late returns what is wrong if the server did not stop in time in r, "" if it did.
func (e *evidence) late(r *record.Round) string {
	switch took := r.Exited - r.Signalled; {
	case e.stuck(r):
		return fmt.Sprintf("it had not ended after %s", short(e.ended(r)-max(r.Signalled, 0)))
	case asked(r) && r.Exited >= 0 && took > e.setup.Grace:
		return fmt.Sprintf("it took %s to end, and has %s", short(took), e.setup.Grace)
	}
	return ""
}

// exitCode fails for a code that is not allowed.
func exitCode(e *evidence, c *check) {
	seen, unknown := 0, 0
	for _, r := range e.rounds {
		if r.Exited < 0 || r.Exit.Killed {
			continue
		}
		if r.Exit.Unknown {
			unknown++
			continue
		}
		seen++
		if !e.allowed(r) {
			c.fail(r, r.Exited, "%s; allowed is %s", exitText(&r.Exit), codesText(e.codes()))
		}
	}
	switch {
	case unknown > 0 && e.attached():
		c.untried = "The drill did not start the server, and nobody tells it the code."
	case unknown > 0:
		c.doubt("in %s nobody tells the code", plural(unknown, "stop"))
	case seen == 0 && e.setup.Mode == record.Upgrade && len(e.rounds) > 0:
		c.untried = "It replaced itself and kept its pid."
	case seen == 0:
		c.doubt("it never ended by itself")
	}
	c.hold("in %s the exit code was an allowed one, that is %s", plural(seen, "stop"), codesText(e.codes()))
}

// codes returns the exit codes that are allowed.
func (e *evidence) codes() []int {
	if len(e.setup.Codes) == 0 {
		return []int{0}
	}
	return e.setup.Codes
}

// allowed reports whether the server may end so. A death by one of our signals is also
// allowed while it starts, before it can listen, and where the signal is repeated to cut
// short a request that never ends. Any code is where the stop can be no clean one: there,
// and where a client never reads what it asked for.
func (e *evidence) allowed(r *record.Round) bool {
	code, by := r.Exit.Code, r.Exit.Signal
	if by != "" {
		code = 128 + signalNumber(by)
	}
	if slices.Contains(e.codes(), code) {
		return true
	}
	switch s := r.Schedule.Situation; {
	case by == "" && (forced(s) || s == record.NeverReads):
		return true
	case forced(s) || s == record.AtStart:
		return e.sent(r, code)
	}
	return false
}

// sent reports whether code is that of a death by a signal that was sent in r.
func (e *evidence) sent(r *record.Round, code int) bool {
	names := []string{e.setup.Signal}
	for _, s := range r.Schedule.Signals {
		names = append(names, s.Signal)
	}
	return slices.ContainsFunc(names, func(name string) bool {
		n := signalNumber(name)
		return n > 0 && code == 128+n
	})
}

func exitText(x *record.Exit) string {
	if x.Unknown {
		return "nobody tells how"
	}
	if x.Signal != "" {
		return "it was ended by " + x.Signal
	}
	return fmt.Sprintf("its exit code was %d", x.Code)
}

func codesText(codes []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(codes), "[]"), " ", " or ")
}

// signalNumbers are those of Linux, where drills run; a report may be read elsewhere.
var signalNumbers = map[string]int{
	"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGILL": 4, "SIGTRAP": 5, "SIGABRT": 6, "SIGBUS": 7, "SIGFPE": 8, "SIGKILL": 9,
	"SIGUSR1": 10, "SIGSEGV": 11, "SIGUSR2": 12, "SIGPIPE": 13, "SIGALRM": 14, "SIGTERM": 15, "SIGXCPU": 24, "SIGXFSZ": 25,
	"SIGWINCH": 28, "SIGSYS": 31,
}

// signalNumber returns 0 for a signal that is not known.
func signalNumber(name string) int { return signalNumbers[name] }
