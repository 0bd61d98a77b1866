// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/internal/goroutine"
)

// A LeakOption changes what a check for leaks does: [NoLeaks], [RunNoLeaks],
// [NoLeaksIn], [NoGrowth]. The set is sealed.
type LeakOption interface{ applyLeak(*leakCheck) }

type leakOption func(*leakCheck)

func (f leakOption) applyLeak(c *leakCheck) { f(c) }

// DefaultPatience is how long a check waits for goroutines to end, unless
// [WithPatience] says otherwise.
const DefaultPatience = time.Second

// WithPatience sets how long a check waits for goroutines to end before they count as
// leaks; it is only spent if there are any. 0 or less looks once.
func WithPatience(d time.Duration) LeakOption {
	return leakOption(func(c *leakCheck) { c.patience = d })
}

// AllowGoroutine allows goroutines with this function on their stack: its name with
// the package's path as stacks show it, "example.com/mq.(*Conn).ping"; functions inside
// it count too. Reason says why that is no leak, and is printed when one is found; it
// must not be empty.
func AllowGoroutine(function, reason string) LeakOption {
	return allow(reason, func(l *Leak) bool { return l.hasFunction(function) })
}

// AllowLabel allows goroutines with this profiler label, for example a task by its name
// (key [scope.LabelTask]) or all of a scope by its path ([scope.LabelScope]); checks of
// a scope know no other labels. Reason is as for [AllowGoroutine].
func AllowLabel(key, value, reason string) LeakOption {
	return allow(reason, func(l *Leak) bool {
		return slices.Contains(l.labels, goroutine.Label{Key: key, Value: value}) // no label is not one without a value
	})
}

// An allowance is what somebody has a reason for.
type allowance struct {
	reason string
	match  func(*Leak) bool
}

func allow(reason string, match func(*Leak) bool) LeakOption {
	if strings.TrimSpace(reason) == "" {
		panic("quiescetest: goroutines allowed without a reason")
	}
	return leakOption(func(c *leakCheck) { c.allowances = append(c.allowances, allowance{reason, match}) })
}

// hasFunction reports whether a function is on the stack, or one inside it.
func (l *Leak) hasFunction(name string) bool {
	for line := range strings.Lines(l.Text) {
		if rest, ok := strings.CutPrefix(line, name); ok && (rest[0] == ' ' || rest[0] == '.') {
			return true
		}
	}
	return false
}

// drop returns the leaks that nobody allows, and lines about the others.
func (c *leakCheck) drop(leaks []Leak) (left []Leak, allowed []string) {
	for _, l := range leaks {
		if reason, ok := c.reason(&l); ok {
			allowed = append(allowed, fmt.Sprintf("quiescetest: allowed, %s: %s", reason, strings.TrimSpace(l.String())))
		} else {
			left = append(left, l)
		}
	}
	return left, allowed
}

func (c *leakCheck) reason(l *Leak) (string, bool) {
	for _, a := range c.allowances {
		if a.match(l) {
			return a.reason, true
		}
	}
	return "", false
}

// A leakCheck looks for goroutines that should not be there any more.
type leakCheck struct {
	patience   time.Duration
	allowances []allowance
	keep       func(goroutine.Labels) bool // whose they are; nil for the whole process
	before     tally                       // that were there before, by where they began
}

func newLeakCheck(opts []LeakOption) *leakCheck {
	c := &leakCheck{patience: DefaultPatience}
	for _, o := range opts {
		o.applyLeak(c)
	}
	return c
}
