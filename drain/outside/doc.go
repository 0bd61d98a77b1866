// SPDX-License-Identifier: Apache-2.0

/*
Package outside tests package drain with programs that we did not write: clients
and proxies that know nothing of it, against real processes that are stopped by
SIGTERM. Everything is in the test files, and for Linux. A program that is not
installed skips its test.

	go test ./drain/outside -v
	QUIESCE_STOPS=200 QUIESCE_ROLLOUTS=100 go test ./drain/outside -v -timeout 1h

QUIESCE_STOPS is how often an instance is stopped under each client,
QUIESCE_ROLLOUTS how often both instances behind a proxy are restarted.
QUIESCE_H2SPEC is where h2spec is, if not in PATH.

A request that was written and not answered whole is lost, also if the client
repeated it by itself. A connect that was refused is not: clients repeat it. Nor
is a request of HTTP/2 that the server declines, by a GOAWAY or REFUSED_STREAM, and
so has not begun: it is counted apart. The control tests show that each client, and
each proxy, sees a loss with the Shutdown of net/http, and that HTTP/2 declines
more there.

The small run leaves combinations out and runs tests side by side. The full one
takes two hours.

# Clients

They speak HTTP/1 and HTTP/2, in clear text and over TLS with an authority of the
test, as far as each can: Go's transport, curl, Python's http.client (HTTP/1), Node,
wrk (HTTP/1) and h2load (HTTP/2). They are on the machine of the server, or a round
trip of 10 ms away: a relay in the test process delays what is sent. That works on
every Linux, as root or not; netem is not in every kernel.

What clients say of HTTP/2 is not enough. Go and nghttp2, which curl, Node and
h2load use, take requests back that they have not written when the GOAWAY comes, and
report them as failed. So the relay counts the frames that passed, too; over TLS it
has both ends of it.

Seen with 200 stops for each combination of client, protocol and kind of stop:

	where           stops   requests    lost   declined
	same machine    7,600   1,457,516   14     2,221
	10 ms away      7,400   1,537,117    9       906

The 14 were wrk's over TLS, in one run on a machine with ten times the work that it
has processors for, where wrk itself did not come to read for 1.7 seconds. A client
that is silent for longer than a second is closed as idle, and its next request may
be on its way. Two more runs of 200 stops, without that load, lost none. The 9 were
Python's over TLS, 10 ms away, in one run of 200 stops of a server that is started
again after each; why has not been found out.

# nginx

The nginx that everybody can have does not ask whether an instance is ready, and
learns of a stop by a connect that is refused. It then asks the other instance,
for a POST too, since nothing was sent. But with the default of max_fails=1 each
of its workers leaves the instance alone for ten seconds. When the other one is
restarted in that time, a worker that both have refused answers 502 ("no live
upstreams"), whatever the instances do: three runs of two or four stops lost
19,974, 37,164 and no requests, as chance had it. What helps is max_fails=0, as
here. Restarts farther apart than fail_timeout should help too; not tried.

A connect that comes as an instance closes its listener is held off, and takes
nginx, haproxy and every client a second: the kernel repeats it after that time.

# SO_REUSEPORT

Two instances with a socket each on one port are not among the tests. Tried with Go's
client and wrk, they lose nothing if each serves with [drain.WithOwnListener] on a
listener without MPTCP: none of 355,300 requests in 800 stops. With
[drain.WithListener], or with MPTCP (Go's default), new connections are not held off,
and a few that come as the listener closes are reset: 19 of 602,950 in 800 stops. The
kernel's net.ipv4.tcp_migrate_req=1 makes that rarer, and does not end it (1 of
160,397 in 200).

[drain.WithListener]: https://pkg.go.dev/github.com/go-quiesce/quiesce/drain#WithListener
[drain.WithOwnListener]: https://pkg.go.dev/github.com/go-quiesce/quiesce/drain#WithOwnListener
*/
package outside
