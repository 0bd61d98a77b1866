// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// errMalformed is an answer that is not HTTP/1.
var errMalformed = errors.New("load: malformed answer")

// answers reads the answers on a connection, without allocating.
type answers struct {
	r    *bufio.Reader
	head bool // they are to HEAD: no bodies
}

// An answer is what a client has to know of one.
type answer struct {
	status     int
	close      bool // the connection ends with it
	retryAfter bool
	chunked    bool
	unframed   bool  // only the end of the connection said where it ended
	length     int64 // of the body; -1: not said
}

// next reads one answer with its body.
func (s *answers) next() (answer, error) {
	a, err := s.begin()
	if err == nil {
		err = s.body(&a)
	}
	return a, err
}

// begin reads the header of an answer; those that are only informational are
// skipped.
func (s *answers) begin() (a answer, err error) {
	for {
		if a, err = s.header(); err != nil || a.status >= 200 || a.status == http.StatusSwitchingProtocols {
			return a, err
		}
	}
}

// body reads the body.
func (s *answers) body(a *answer) (err error) {
	switch {
	case s.head, a.status == http.StatusNoContent, a.status == http.StatusNotModified, a.status < 200:
	case a.chunked:
		err = s.chunks()
	case a.length >= 0:
		err = s.discard(a.length)
	default:
		a.close, a.unframed = true, true
		_, err = io.Copy(io.Discard, s.r)
	}
	return err
}

func (s *answers) header() (answer, error) {
	a := answer{length: -1}
	line, err := s.line()
	if err != nil {
		return a, err
	}
	version, rest, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	if a.status, err = strconv.Atoi(string(code)); err != nil || a.status < 100 || !bytes.HasPrefix(version, []byte("HTTP/1.")) {
		return a, errMalformed
	}
	a.close = version[len(version)-1] == '0'
	for {
		if line, err = s.line(); err != nil {
			return a, err
		}
		if len(line) == 0 {
			return a, nil
		}
		if err := a.field(line); err != nil {
			return a, err
		}
	}
}

func (a *answer) field(line []byte) error {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return errMalformed
	}
	value = bytes.TrimSpace(value)
	switch {
	case is(name, "Content-Length"):
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil || n < 0 {
			return errMalformed
		}
		a.length = n
	case is(name, "Transfer-Encoding"):
		a.chunked = is(value, "chunked")
	case is(name, "Connection"):
		a.connection(value)
	case is(name, "Retry-After"):
		a.retryAfter = true
	}
	return nil
}

func (a *answer) connection(value []byte) {
	for token := range bytes.SplitSeq(value, []byte(",")) {
		switch token = bytes.TrimSpace(token); {
		case is(token, "close"):
			a.close = true
		case is(token, "keep-alive"):
			a.close = false
		}
	}
}

func (s *answers) chunks() error {
	for {
		line, err := s.line()
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseInt(string(bytes.TrimSpace(size)), 16, 64)
		if err != nil || n < 0 {
			return errMalformed
		}
		if n == 0 {
			return s.trailer()
		}
		if err := s.discard(n); err != nil {
			return err
		}
		if line, err = s.line(); err != nil {
			return err
		}
		if len(line) > 0 {
			return errMalformed
		}
	}
}

func (s *answers) trailer() error {
	for {
		if line, err := s.line(); err != nil || len(line) == 0 {
			return err
		}
	}
}

// discard reads n bytes.
func (s *answers) discard(n int64) error {
	for n > 0 {
		k, err := s.r.Discard(int(min(n, 1<<30)))
		if err != nil {
			return err
		}
		n -= int64(k)
	}
	return nil
}

// line reads a line, and returns it without its end. A line longer than the
// buffer is an error.
func (s *answers) line() ([]byte, error) {
	line, err := s.r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

func is(b []byte, s string) bool { return len(b) == len(s) && bytes.EqualFold(b, []byte(s)) }
