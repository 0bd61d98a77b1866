// SPDX-License-Identifier: Apache-2.0

package quiescews_test

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/coder/websocket"
	"github.com/go-quiesce/quiesce/adapter/quiescews"
	"github.com/go-quiesce/quiesce/drain"
)

// A client of a server that is drained is told to come back elsewhere.
func Example() {
	sockets := quiescews.New(quiescews.WithClose(websocket.StatusServiceRestart, "see you"))
	handler := func(w http.ResponseWriter, r *http.Request) {
		c, err := sockets.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, question, err := c.Read(r.Context())
			if err != nil || !c.Work.Enter() {
				return
			}
			err = c.Write(r.Context(), kind, append([]byte("re: "), question...))
			c.Work.Leave()
			if err != nil {
				return
			}
		}
	}

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	srv := drain.NewServer(&http.Server{Handler: http.HandlerFunc(handler)},
		drain.WithListener(ln), drain.WithPace(0, 100))
	go srv.ListenAndServe(ctx)

	c, _, err := websocket.Dial(ctx, "ws://"+ln.Addr().String(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = c.Write(ctx, websocket.MessageText, []byte("hello"))
	_, answer, _ := c.Read(ctx)
	fmt.Println(string(answer))

	drained := make(chan error)
	go func() { drained <- srv.Drain(ctx) }()
	_, _, err = c.Read(ctx)
	fmt.Println(websocket.CloseStatus(err))
	fmt.Println("drained:", <-drained)
	// Output:
	// re: hello
	// StatusServiceRestart
	// drained: <nil>
}
