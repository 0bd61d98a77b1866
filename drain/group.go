// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"iter"
	"strings"
)

// A Kind says when the work of a class is refused; see [Group.Close].
type Kind uint8

const (
	// Ordinary work is refused first.
	Ordinary Kind = iota

	// Critical work is refused only when nothing ordinary is in flight: it is
	// what ordinary work needs in order to finish.
	Critical

	// Exempt work is never refused and never waited for, but it is counted:
	// probes, metrics.
	Exempt
)

// A Class is a gate with a name and a kind: a protocol, a route, a tenant. It
// must not be copied after first use.
type Class struct {
	Gate

	Name string // as it is to stand in errors
	Kind Kind   // Ordinary if not set
}

// A Group is all classes of a program, in the order in which an error names
// them. Nothing depends on it but Close: the classes' gates are used directly.
// It may be used concurrently as long as nobody changes the slice.
type Group []*Class

// Close refuses and waits in stages: it shuts all [Ordinary] classes, waits
// until they are drained, shuts all [Critical] ones, and waits for these.
// [Exempt] ones stay as they are.
//
// It returns nil once all are drained. If ctx ends first it returns a
// *[GroupError] with the classes that still have work in flight. If these are
// ordinary, the critical ones stay open, as the work in flight may need them;
// whoever is past caring shuts them. Close can be called again with a later
// deadline, and goes on from there.
func (g Group) Close(ctx context.Context) error {
	held := g.closeAll(ctx, Ordinary)
	if held == nil {
		held = g.closeAll(ctx, Critical)
	} else {
		held = append(held, g.held(ctx, Critical)...)
	}
	if held == nil {
		return nil
	}
	return &GroupError{Classes: held}
}

// closeAll shuts all classes of one kind before it waits for the first, and
// returns those that did not drain.
func (g Group) closeAll(ctx context.Context, k Kind) []*HeldError {
	for c := range g.of(k) {
		c.Shut()
	}
	var held []*HeldError
	for c := range g.of(k) {
		if e := c.wait(ctx); e != nil {
			e.Class = c.Name
			held = append(held, e)
		}
	}
	return held
}

// held describes the classes of one kind that have work in flight.
func (g Group) held(ctx context.Context, k Kind) []*HeldError {
	var held []*HeldError
	for c := range g.of(k) {
		if e := c.Gate.held(ctx); e.InFlight > 0 {
			e.Class = c.Name
			held = append(held, e)
		}
	}
	return held
}

func (g Group) of(k Kind) iter.Seq[*Class] {
	return func(yield func(*Class) bool) {
		for _, c := range g {
			if c.Kind == k && !yield(c) {
				return
			}
		}
	}
}

// A GroupError says which classes still had work in flight when [Group.Close]
// had to give up waiting.
type GroupError struct {
	Classes []*HeldError // at least one, ordinary before critical
}

// Error reads `drain: orders: 3 still in flight: GET /orders for 12.3s, …; pay: 1 still in flight`.
func (e *GroupError) Error() string {
	texts := make([]string, len(e.Classes))
	for i, c := range e.Classes {
		texts[i] = c.text()
	}
	return "drain: " + strings.Join(texts, "; ")
}

// Unwrap returns the classes' errors, which wrap [context.Cause] of the context.
func (e *GroupError) Unwrap() []error {
	errs := make([]error, len(e.Classes))
	for i, c := range e.Classes {
		errs[i] = c
	}
	return errs
}
