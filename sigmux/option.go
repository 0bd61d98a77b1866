// SPDX-License-Identifier: Apache-2.0

package sigmux

import "time"

// A RouteOption changes how a handler is called; see [Mux.Handle].
type RouteOption interface{ apply(*Route) }

type routeOption func(*Route)

func (o routeOption) apply(r *Route) { o(r) }

// Priority orders the handlers of one signal: higher first, equal ones in the
// order in which they were added. The default is 0; negative is last.
func Priority(n int) RouteOption {
	return routeOption(func(r *Route) { r.priority = n })
}

// Timeout is how long the handlers after this one wait for it, at most. Whoever
// takes longer is reported as a [Fault] and goes on beside them. It must be
// positive; the default is [DefaultTimeout].
func Timeout(d time.Duration) RouteOption {
	return routeOption(func(r *Route) { r.timeout = d })
}

// OwnThread has every call of the handler made on one operating system thread
// that runs nothing else, for thread-local state. It starts with the first
// delivery and ends with Remove or Close. A handler that calls runtime.Goexit
// loses it and gets another.
func OwnThread() RouteOption {
	return routeOption(func(r *Route) { r.ownThread = true })
}

// Inline has the handler called on the goroutine that receives the signal,
// without a hop to another. It must not block: while it runs, neither the
// routes after it nor the escalation hear of this signal, and its Timeout only
// reports it afterwards. Other signals are not affected.
func Inline() RouteOption {
	return routeOption(func(r *Route) { r.inline = true })
}
