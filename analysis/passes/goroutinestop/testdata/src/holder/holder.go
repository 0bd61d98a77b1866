// SPDX-License-Identifier: Apache-2.0

package holder

import "lib"

// server forgets its cache when it is closed.
type server struct {
	cache *lib.Cache
	local *lib.Worker
}

func newServer() *server {
	return &server{cache: lib.NewCache()} // want `the goroutine that NewCache starts cannot be stopped: nothing calls Close of cache, and server.Close leaves it behind`
}

func (s *server) Close() { println("closed") }

func (s *server) get() int { return s.cache.Get("a") }

// list is of this package.
type list struct{ in chan int }

func newList() *list {
	l := &list{in: make(chan int)}
	go l.run() // want `the goroutine that newList starts cannot be stopped: nothing calls close of l, and muxer.Shutdown leaves it behind`
	return l
}

func (l *list) run() {
	for v := range l.in {
		println(v)
	}
}

func (l *list) put(v int) { l.in <- v }

func (l *list) close() { close(l.in) }

type stream struct{ l *list }

type muxer struct{ l *list }

func newMuxer() *muxer {
	m := &muxer{l: newList()}
	m.stream().l.put(1)
	return m
}

func (m *muxer) stream() *stream { return &stream{l: m.l} }

func (m *muxer) Shutdown() {}
