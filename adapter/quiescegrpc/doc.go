// SPDX-License-Identifier: Apache-2.0

/*
Package quiescegrpc makes a gRPC server a component that loses no call when the
app stops, and client connections components that close after those who use them.

	srv := quiescegrpc.NewServer(":50051", quiescegrpc.WithHealth(health.NewServer()))
	shoppb.RegisterShopServer(srv, shop)
	inventory := app.Add("inventory", quiescegrpc.Client(cc))
	app.Add("grpc", srv.Component(), quiesce.Needs(inventory))

What GracefulStop of grpc-go leaves to its caller is done here: it has a deadline,
and an error that names the calls that overran it; handlers are waited for also
when it is passed; streams are told to end, in turns; and clients that do not
answer, or connected and never spoke, do not hold it up.

Handlers find [drain.From] in their contexts, as those of a [drain.Server] do:

	func (s *shop) Watch(_ *shoppb.Query, stream grpc.ServerStreamingServer[shoppb.Event]) error {
		l := drain.From(stream.Context()).Long("watch")
		defer l.End()
		for {
			select {
			case <-l.Turn():
				return status.Error(codes.Unavailable, "going away") // the client reconnects elsewhere
			case <-stream.Context().Done():
				return stream.Context().Err()
			case e := <-s.events:

[WithTurns] does the same for handlers that know nothing of it.

It was made for, and tested with, google.golang.org/grpc v1.85.
*/
package quiescegrpc
