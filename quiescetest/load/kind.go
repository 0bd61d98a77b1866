// SPDX-License-Identifier: Apache-2.0

package load

import "context"

// A Kind makes clients of one protocol. [KeepAlive], [Naive], [NewConnection],
// [HTTP2] and [SSE] return those for HTTP, [Lines] those for a protocol of lines;
// for another protocol, implement it.
type Kind interface {
	// Client returns a client that reaches the server through w, on one
	// connection at a time. It does not connect yet. It is called on many
	// goroutines.
	Client(w *Wire) Client
}

// A Client sends requests and never retries one.
type Client interface {
	// Do makes one request and says in a, which is zero, how it ended. It connects
	// first if it must, and does nothing else if that fails. What it can know before
	// it writes, that its connection was closed, is not an attempt: it connects anew.
	// It returns within about [Wire.Timeout], and soon when ctx ends. One whose
	// answers last calls [Attempt.Answering] when one begins.
	//
	// Calls overlap if the [Load] shares the client.
	Do(ctx context.Context, a *Attempt)

	// Close closes its connections. It is called once, after the last Do.
	Close() error
}
