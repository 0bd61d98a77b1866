// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/drain"
)

const (
	// eventsBehind is how many orders a stream may be behind before it misses some.
	eventsBehind = 64

	// eventsRetry is when a client whose stream we ended should come back: by
	// then its load balancer knows that we are leaving.
	eventsRetry = 500 * time.Millisecond
)

// Events serves the orders as they come, as server-sent events. A stream has no
// end of its own, so that it has to be told when its server is drained; otherwise
// the stop would wait for it in vain.
type Events struct {
	mu      sync.Mutex
	streams map[chan Order]bool // guarded by mu
}

// NewEvents returns a handler without streams.
func NewEvents() *Events { return &Events{streams: make(map[chan Order]bool)} }

// Send tells an order to every stream that keeps up. It does not wait.
func (e *Events) Send(o Order) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for s := range e.streams {
		select {
		case s <- o:
		default:
		}
	}
}

func (e *Events) join() (s chan Order, leave func()) {
	s = make(chan Order, eventsBehind)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.streams[s] = true
	return s, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.streams, s)
	}
}

// ServeHTTP is one stream.
func (e *Events) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, leave := e.join()
	defer leave()
	stream := drain.From(r.Context()).Long("events")
	defer stream.End()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close") // or a stop would wait for what comes next on it
	flush := http.NewResponseController(w).Flush
	if flush() != nil {
		return
	}
	for {
		select {
		case <-stream.Turn():
			fmt.Fprintf(w, "retry: %d\nevent: bye\ndata:\n\n", eventsRetry.Milliseconds())
			return
		case <-r.Context().Done():
			return
		case o := <-s:
			if writeOrder(w, o) != nil || flush() != nil {
				return
			}
		}
	}
}

func writeOrder(w http.ResponseWriter, o Order) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "event: order\ndata: %s\n\n", data)
	return err
}
