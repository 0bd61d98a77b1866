// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/go-quiesce/quiesce/drain"
)

// A counter is the server's own count of requests.
type counter struct{ began, finished atomic.Int64 }

// handler serves what every species serves:
//
//	GET  /                hello, after a moment
//	POST /                the length of the body
//	GET  /big             512 kB
//	PUT  /items/ID        keeps the body; GET gives it back
//	GET  /events          server-sent events until the server is drained
//	GET  /ws              a websocket that echoes
//	GET  /__quiesce_count how many requests were begun and finished
func (z *zoo) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", z.hello)
	mux.HandleFunc("POST /{$}", z.length)
	mux.HandleFunc("GET /big", big)
	mux.HandleFunc("PUT /items/{id}", z.put)
	mux.HandleFunc("GET /items/{id}", z.get)
	mux.HandleFunc("GET /events", events)
	mux.HandleFunc("GET /ws", echo)
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		z.count.began.Add(1)
		defer z.count.finished.Add(1)
		mux.ServeHTTP(w, r)
	})
	outer := http.NewServeMux()
	outer.Handle("/", counted)
	outer.HandleFunc("GET /__quiesce_count", func(w http.ResponseWriter, _ *http.Request) {
		finished := z.count.finished.Load() // first, so that it is never the larger one
		fmt.Fprintf(w, `{"began":%d,"finished":%d}`, z.count.began.Load(), finished)
	})
	return outer
}

func (z *zoo) hello(w http.ResponseWriter, _ *http.Request) {
	if z.work > 0 {
		time.Sleep(rand.N(z.work))
	}
	io.WriteString(w, "hello\n")
}

func (z *zoo) length(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, n)
}

func big(w http.ResponseWriter, _ *http.Request) {
	line := []byte(strings.Repeat("x", 1023) + "\n")
	for range 512 {
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

func (z *zoo) put(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil {
		err = z.items.put(r.PathValue("id"), body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (z *zoo) get(w http.ResponseWriter, r *http.Request) {
	body, ok := z.items.get(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Write(body)
}

// tick is how often a stream says something.
const tick = 10 * time.Millisecond

func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	leave, end := leaving(r.Context(), "events")
	defer end()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for n := 0; ; n++ {
		fmt.Fprintf(w, "data: %d\n\n", n)
		if flush.Flush() != nil {
			return
		}
		select {
		case <-leave:
			return
		case <-r.Context().Done():
			return
		case <-ticker.C:
		}
	}
}

// leaving returns a channel that says when the stream has to end: what the life of
// the server says, or package drain.
func leaving(ctx context.Context, name string) (leave <-chan struct{}, end func()) {
	if c, ok := ctx.Value(leavingKey{}).(<-chan struct{}); ok {
		return c, func() {}
	}
	l := drain.From(ctx).Long(name)
	return l.Turn(), l.End
}

type leavingKey struct{}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	leave, end := leaving(r.Context(), "ws")
	defer end()
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	go func() {
		defer cancel()
		for {
			kind, text, err := c.Read(ctx)
			if err != nil || c.Write(ctx, kind, text) != nil {
				return
			}
		}
	}()
	select {
	case <-leave:
		c.Close(websocket.StatusGoingAway, "going away")
		<-ctx.Done()
	case <-ctx.Done():
	}
}
