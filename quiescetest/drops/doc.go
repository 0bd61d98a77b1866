// SPDX-License-Identifier: Apache-2.0

/*
Package drops counts the requests that are lost when a server is stopped under
load, so that a test can hold it at none:

	func TestRolloutLosesNothing(t *testing.T) {
		result, err := drops.Trial{Start: startShop, RTT: 10 * time.Millisecond}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		result.Hold(t, drops.Max(load.Lost, 0), drops.Median(drops.Reconnects, 1.05))
	}

A [Trial] is a rolling update, some times over: callers use an instance, its
successor is started, the instance is asked to stop, a moment later new
connections reach the successor, and when every caller has been answered by that
the stop is over. Start starts an instance in the test's own process; for a real
program and SIGTERM it is what [quiescetest.Server] returns.

# What is counted

One request is one attempt on the wire, and is never repeated. How it ended is a
[load.Outcome], and each of these belongs to one [load.Class]: expected, safe to
retry, or lost. The package load, which makes the requests, says more.

# What can be zero

A close that is on its way while the client writes cannot be seen by either: with a
round trip of 10 ms, callers that think for 20 ms and a server that closes idle
connections ([net/http.Server.Shutdown]), three in ten callers lose a request. A
server that first tells its clients to leave, in an answer, comes down to none, or
to one in many stops.

Requests that fail before the stop is asked for count as well.

[quiescetest.Server]: https://pkg.go.dev/github.com/go-quiesce/quiesce/quiescetest#Server
[load.Outcome]: https://pkg.go.dev/github.com/go-quiesce/quiesce/quiescetest/load#Outcome
[load.Class]: https://pkg.go.dev/github.com/go-quiesce/quiesce/quiescetest/load#Class
*/
package drops
