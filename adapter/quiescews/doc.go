// SPDX-License-Identifier: Apache-2.0

/*
Package quiescews ends websockets of github.com/coder/websocket when their server
is drained: each gets a close frame, in turns, so that clients do not all come back
at the same instant, and is waited for.

	sockets := quiescews.New()

	func feed(w http.ResponseWriter, r *http.Request) {
		c, err := sockets.Accept(w, r, nil) // instead of websocket.Accept
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			_, question, err := c.Read(r.Context())
			if err != nil {
				return // the drain has closed it, or the client
			}
			if !c.Work.Enter() {
				return // the close frame is out, or about to be
			}
			err = c.Write(r.Context(), websocket.MessageText, answer(question))
			c.Work.Leave()
			if err != nil {
				return
			}
		}
	}

Under quiesce.HTTP, or a [drain.Server] of one's own, that is all: the server's
drain gives the turns, at the pace of [drain.WithPace], waits and closes. Where
another server calls the handlers, the registry does it, as a component of its own
that the server's needs:

	sockets := quiescews.New(quiescews.WithPace(10*time.Second, 100))
	app.Add("http", legacy, quiesce.Needs(app.Add("sockets", sockets.Component())))

Connections that were accepted without a registry are closed by the drain of a
[drain.Server], but not told.

It was made for, and tested with, github.com/coder/websocket v1.8.15.
*/
package quiescews
