// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"
)

// brokerLatency is how long the broker takes for an order: a little less than
// the clients take to make one, so that SIGTERM finds the outbox at work.
const brokerLatency = time.Millisecond

// A broker is the far end of the outbox: it counts how often each order came.
type broker struct {
	server http.Server
	url    string

	mu       sync.Mutex
	received map[string]int // by order id; guarded by mu
}

func newBroker() (*broker, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &broker{url: "http://" + ln.Addr().String() + "/publish", received: make(map[string]int)}
	b.server.Handler = http.HandlerFunc(b.publish)
	go b.server.Serve(ln) // ends with close
	return b, nil
}

func (b *broker) close() { b.server.Close() }

func (b *broker) publish(w http.ResponseWriter, r *http.Request) {
	var o struct{ ID string }
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pause(r.Context(), brokerLatency)
	b.mu.Lock()
	b.received[o.ID]++
	b.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// deliveries returns how often an order came.
func (b *broker) deliveries(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.received[id]
}

// orders returns how many different orders came.
func (b *broker) orders() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.received)
}
