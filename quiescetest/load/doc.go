// SPDX-License-Identifier: Apache-2.0

/*
Package load asks a server and counts how each request ended, so that nothing that
is lost is hidden. It is the engine of quiescetest/drops and of quiesce drill.

One request is one attempt on the wire. The callers dial for themselves and never
repeat a request: http.Client does, and so hides what other clients lose. How each
request ended is an [Outcome], and each of these belongs to one [Class]: expected,
safe to retry (it was certainly not begun), or lost. What callers find out before
they write anything, that their connection was closed, is no request and no loss.

A [Session] runs several [Load]s at once: closed ones, whose callers wait for an
answer before they ask again, and open ones, whose requests are due at times that do
not depend on the server. [Session.Lag] says how well it kept to them.

This package depends on the standard library only, and not on package testing.
*/
package load
