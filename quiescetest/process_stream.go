// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
)

// A stream is one output of a child.
type stream struct {
	ours   *os.File
	theirs *os.File
	filler int64         // bytes that made it full
	plug   chan struct{} // closed when it is to be read
	pull   sync.Once
	done   chan struct{} // closed when there will be no more

	mu      sync.Mutex
	printed []byte        // guarded by mu
	seen    int           // guarded by mu: up to here lines were awaited
	more    chan struct{} // guarded by mu: closed when something was printed
}

func newStream(full bool) (*stream, error) {
	s := &stream{plug: make(chan struct{}), done: make(chan struct{}), more: make(chan struct{})}
	var err error
	if s.ours, s.theirs, err = os.Pipe(); err != nil {
		return s, err
	}
	if full {
		s.filler, err = fill(s.theirs)
	} else {
		s.unplug()
	}
	return s, err
}

func (s *stream) closeTheirs() { s.theirs.Close() }

func (s *stream) close() {
	s.ours.Close()
	s.unplug()
}

func (s *stream) unplug() { s.pull.Do(func() { close(s.plug) }) }

// collect reads the stream to its end. One that is full counts as ended until
// it is to be read: nobody waits for it.
func (s *stream) collect() {
	if s.filler > 0 {
		close(s.done)
	} else {
		defer close(s.done)
	}
	<-s.plug
	_, err := io.CopyN(io.Discard, s.ours, s.filler)
	for buf := make([]byte, 4096); err == nil; {
		var n int
		n, err = s.ours.Read(buf)
		s.add(buf[:n])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.more)
	s.more = nil
}

func (s *stream) add(data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.printed = append(s.printed, data...)
	close(s.more)
	s.more = make(chan struct{})
}

func (s *stream) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.printed)
}

// await returns the next line that contains text, false when there is none and
// will be none.
func (s *stream) await(text string) (string, bool) {
	for {
		line, ok, more := s.next(text)
		if ok || more == nil {
			return line, ok
		}
		<-more
	}
}

// next looks for the line in what there is. A last line without its end counts
// only when nothing more can come.
func (s *stream) next(text string) (line string, ok bool, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for rest := s.printed[s.seen:]; len(rest) > 0; rest = s.printed[s.seen:] {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			if s.more != nil {
				break
			}
			end = len(rest)
		}
		s.seen += end
		if bytes.Contains(rest[:end], []byte(text)) {
			return strings.TrimRight(string(rest[:end]), "\r\n"), true, nil
		}
	}
	return "", false, s.more
}
