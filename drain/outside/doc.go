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
repeated it by itself. A connect that was refused is not: clients repeat it. The
control tests show that each client, and each proxy, sees a loss with the
Shutdown of net/http.

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

Two instances with a socket each on one port are not among the tests: that loses
a few connects when the old one stops. Of 1,085,384 requests of three clients in
1,400 stops 31 were lost, most as a reset during the connect, before the request
was written. Let both have the same socket, as with [drain.Server.Handover].

[drain.Server.Handover]: https://pkg.go.dev/github.com/go-quiesce/quiesce/drain#Server.Handover
*/
package outside
