// SPDX-License-Identifier: Apache-2.0

package a

import (
	"net/http"
	"sync"
)

type callback struct {
	server *http.Server
	result chan string
}

func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply := func(s string) {
		c.result <- s // want `send on c.result, which Stop closes at line \d+ while the server may still run this handler: then it panics`
	}
	reply(r.URL.Path)
}

func (c *callback) Stop() {
	close(c.result)
	c.server.Close()
}

type locked struct {
	mu     sync.Mutex
	closed bool
	result chan string
}

func (l *locked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.result <- r.URL.Path
	}
}

func (l *locked) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	close(l.result)
}
