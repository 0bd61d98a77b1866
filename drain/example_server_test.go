// SPDX-License-Identifier: Apache-2.0

package drain_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/go-quiesce/quiesce/drain"
)

// A program without an app: serve, wait for the signal, end.
func ExampleServer() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	s := drain.NewServer(&http.Server{Handler: hello}, drain.WithListener(ln))
	served := make(chan error)
	go func() { served <- s.ListenAndServe(context.Background()) }()

	resp, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()

	// Now the signal comes. Load balancers get a moment to look away.
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	fmt.Println("shutdown:", s.Shutdown(ctx, 10*time.Millisecond))
	fmt.Println("serve:", <-served)
	// Output:
	// shutdown: <nil>
	// serve: <nil>
}

// A stream of events ends at its turn, so that its client goes to another server
// before this one has gone.
func ExampleHandle_Long() {
	events := make(chan string)
	http.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		l := drain.From(r.Context()).Long("events")
		defer l.End()
		for {
			select {
			case <-l.Turn():
				return
			case <-r.Context().Done():
				return
			case e := <-events:
				fmt.Fprintf(w, "data: %s\n\n", e)
				http.NewResponseController(w).Flush()
			}
		}
	})
}

// A long poll gives up its wait when the drain begins, but not its answer.
func ExampleHandle_Context() {
	next := func(ctx context.Context) (string, error) { <-ctx.Done(); return "", context.Cause(ctx) }
	http.HandleFunc("/poll", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := drain.From(r.Context()).Context(r.Context())
		defer cancel()
		event, err := next(ctx)
		if err != nil {
			w.WriteHeader(http.StatusNoContent) // the client asks again, elsewhere
			return
		}
		io.WriteString(w, event)
	})
}
