// SPDX-License-Identifier: Apache-2.0

package leaving

import (
	"io"
	"log"
	"sync"

	"example.com/transfer"
)

// session has a reader and a writer.
type session struct {
	in, out chan string
	conn    io.ReadWriteCloser
	read    func() (string, error)
	wg      sync.WaitGroup
}

func newSession(conn io.ReadWriteCloser) *session {
	s := &session{in: make(chan string, 10), out: make(chan string, 10), conn: conn}
	s.wg.Add(3)
	go s.reader()
	go s.writer()
	go s.handler()
	return s
}

func (s *session) reader() {
	defer s.wg.Done()
	for {
		m, err := s.read()
		if err != nil {
			return
		}
		s.in <- m
	}
}

func (s *session) handler() {
	defer s.wg.Done()
	for m := range s.in {
		if _, err := io.WriteString(s.conn, m); err != nil {
			s.conn.Close()
			return
		}
	}
}

func (s *session) answers() {
	for {
		m, err := s.read()
		if err != nil {
			return
		}
		s.out <- m // want `s.out is received by a goroutine that leaves at an error, at line \d+, and tells nobody`
	}
}

func (s *session) start() { go s.answers() }

func (s *session) writer() {
	defer s.wg.Done()
	for {
		m, ok := <-s.out
		if !ok {
			return
		}
		if _, err := io.WriteString(s.conn, m); err != nil {
			log.Print(err)
			return
		}
	}
}

// send gives a channel away and does not ask whether all was taken.
func send(w io.Writer, all []string) {
	ch := make(chan string)
	defer close(ch)
	go transfer.Out(w, ch)
	for _, s := range all {
		ch <- s // want `ch is received by transfer.Out, at line \d+, which leaves at an error`
	}
}

// sendLooked looks at the error, and takes what is left.
func sendLooked(w io.Writer, all []string) {
	ch := make(chan string)
	defer close(ch)
	go func() {
		if err := transfer.Out(w, ch); err != nil {
			for range ch {
			}
		}
	}()
	for _, s := range all {
		ch <- s
	}
}

// sendOne sends what is taken in any case.
func sendOne(w io.Writer, s string) {
	ch := make(chan string)
	go func() {
		ch <- s
		close(ch)
	}()
	transfer.Out(w, ch)
}

// A store is given entries by others, and its loop leaves at an error.
type store struct {
	entries chan string
	urgent  chan string
	w       io.Writer
	closed  bool
}

func newStore(w io.Writer) *store {
	s := &store{entries: make(chan string), urgent: make(chan string, 1), w: w}
	go s.loop()
	return s
}

func (s *store) loop() {
	for {
		select {
		case e := <-s.entries:
			if _, err := io.WriteString(s.w, e); err != nil {
				return
			}
		case e := <-s.urgent:
			if _, err := io.WriteString(s.w, e); err != nil {
				return
			}
		}
	}
}

func (s *store) Put(e string) {
	s.entries <- e // want `s\.entries is received by a goroutine that leaves at an error, at line \d+, and tells nobody`
}

// There is room for a while.
func (s *store) Urge(e string) { s.urgent <- e }

// A store that says that it is closed.
type guarded struct {
	entries chan string
	w       io.Writer
	closed  bool
}

func newGuarded(w io.Writer) *guarded {
	s := &guarded{entries: make(chan string), w: w}
	go s.loop()
	return s
}

func (s *guarded) loop() {
	defer s.close()
	for e := range s.entries {
		if _, err := io.WriteString(s.w, e); err != nil {
			return
		}
	}
}

func (s *guarded) close() { s.closed = true }

func (s *guarded) Put(e string) {
	if s.closed {
		return
	}
	s.entries <- e
}
