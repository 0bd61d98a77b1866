// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

var (
	// ErrFull is returned by [Pool.Submit], [Pool.Start] and [Call] under [Reject] when
	// there is no room. The job was not called and will not be.
	ErrFull = errors.New("pool: queue is full")

	// ErrDropped is matched by a [*DroppedError].
	ErrDropped = errors.New("jobs were dropped")
)

// A DroppedError says which jobs were accepted and will never run. It is returned by
// [Pool.Close], [Pool.Drop] and [Pool.Stop], and is the error of handles to such jobs.
// It matches [ErrDropped] and what Cause matches.
type DroppedError struct {
	Pool  string    // path of the pool's scope
	Jobs  []Dropped // by name
	Cause error     // why the pool, or the scope above it, was closed
}

// Dropped is jobs of one name.
type Dropped struct {
	Name  string // of the jobs
	Count int    // how many there were
}

// maxNamed is how many names the text of an error has.
const maxNamed = 8

// Error names the jobs, in one line.
func (e *DroppedError) Error() string {
	var names []string
	for i, d := range e.Jobs {
		if i == maxNamed {
			names = append(names, fmt.Sprintf("and %d more", len(e.Jobs)-maxNamed))
			break
		}
		if d.Count > 1 {
			names = append(names, fmt.Sprintf("%q (%d)", d.Name, d.Count))
		} else {
			names = append(names, fmt.Sprintf("%q", d.Name))
		}
	}
	return fmt.Sprintf("pool: %q dropped %s: %v", e.Pool, strings.Join(names, ", "), e.Cause)
}

// Unwrap returns [ErrDropped] and the cause.
func (e *DroppedError) Unwrap() []error { return []error{ErrDropped, e.Cause} }

// byName lists counts by name.
func byName(counts map[string]int) []Dropped {
	list := make([]Dropped, 0, len(counts))
	for name, n := range counts {
		list = append(list, Dropped{name, n})
	}
	slices.SortFunc(list, func(a, b Dropped) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Stuck is a job that has run for longer than [WithStuckAfter] says, and runs on.
type Stuck struct {
	Pool     string        // path of the pool's scope
	Job      string        // name
	After    time.Duration // for how long it has run
	Replaced bool          // another worker may take its worker's place
}
