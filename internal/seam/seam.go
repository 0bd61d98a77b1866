// SPDX-License-Identifier: Apache-2.0

// Package seam lets the test kit reach into the core where users cannot.
package seam

// A Before is called with each event before it happens, on the goroutine that
// is about to make it happen, which it may hold up. The argument is one of the
// core's event types; it is any here because this package stands below the core.
// It is a struct, as a function literal would do for a function type.
type Before struct {
	Call func(event any) // with the event to come
}

// A Kit opens what only the test kit may use; see quiesce.App.Extend.
type Kit struct{}
