// SPDX-License-Identifier: Apache-2.0

/*
Package situation plays the clients that a special round of a drill is about: those
that are in the middle of something when the signal comes. What became of each is a
[record.Fate].

# What is good

A request of which a part, or nothing, was sent when the signal came, and the rest
soon afterwards (within [Spread]), has a good fate if

  - it is answered, with a status that is accepted or that the same request had
    before the signal; or
  - it is refused cleanly: 503 or 429 with Retry-After; or
  - the connection was found closed before anything of the request was written.

It is bad if the connection ends without an answer: whoever sent it cannot know
whether it was done. Which situation has which clients:

	Handshake    connections that say nothing, and must just be closed; new ones whose
	             first request comes after the signal; over TLS also handshakes of
	             which half is sent
	Body         requests of which half the body, or half the header, is sent
	Idle         keep-alive connections that were used, and are once more
	SlowClient   clients that have asked, and read the answer slowly from the signal on,
	             within half a second if the server is not slow. If it is larger than
	             30 kB, the server cannot have written all of it before the signal
	HalfOpen     clients that close their half after the last byte of a request; and
	             some that have gone: they neither send nor read any more
	NeverReads   clients that send requests, so many that the server has no room for
	             the answers, and never read
	Twice, TermInt
	             one request that never finishes, so that there is a stop to hurry

Those that say nothing, have gone, never read or never finish have lost nothing
whatever the server does, as long as it lets go of them: their fate is bad only if
the connection is still open when the play ends. A server that is held up by one of
them may be so until its grace period is over.

Each kind of client is tried once before: what the server does not do in peace says
nothing about its stop, and is left out ([Play.Skipped]).
*/
package situation
