// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func parse(text string, head bool) (answer, error) {
	s := answers{r: bufio.NewReader(strings.NewReader(text)), head: head}
	return s.next()
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name, text string
		head       bool
		want       answer
	}{
		{"length", whole, false, answer{status: 200, length: 5}},
		{"to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, answer{status: 200, length: 5}},
		{"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, answer{status: 304, length: 5}},
		{"until the end", "HTTP/1.1 200 OK\r\n\r\nx", false, answer{status: 200, length: -1, close: true, unframed: true}},
		{"close", "HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length:0\r\n\r\n", false, answer{status: 200, close: true}},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false, answer{status: 200, close: true}},
		{"HTTP/1.0 that stays", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", false, answer{status: 200}},
		{"switching", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", false, answer{status: 101, length: -1}},
		{"no reason, bare ends", "HTTP/1.1 503\nRetry-After: 1\nContent-Length: 0\n\n", false, answer{status: 503, retryAfter: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := parse(tt.text, tt.head); err != nil || got != tt.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestAnswersMalformed(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	for _, text := range []string{
		"\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n",
		head + "no colon\r\n\r\n", head + "Content-Length: x\r\n\r\n",
		head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", head + "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
	} {
		if _, err := parse(text, false); !errors.Is(err, errMalformed) {
			t.Errorf("%q: error = %v, want %v", text, err, errMalformed)
		}
	}
}

// An answer that says where it ends is never taken for whole before that.
func TestAnswersCutAnywhere(t *testing.T) {
	for _, text := range []string{
		whole,
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\n" + strings.Repeat("x", 16) + "\r\n0\r\nA: b\r\n\r\n",
	} {
		for n := range len(text) {
			if a, err := parse(text[:n], false); err == nil {
				t.Errorf("%q: got %+v, want an error", text[:n], a)
			}
		}
		if _, err := parse(text, false); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// One answer ends where the next begins.
func TestAnswersInARow(t *testing.T) {
	const chunked = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n"
	s := answers{r: bufio.NewReader(strings.NewReader(chunked + "HTTP/1.1 204 x\r\n\r\n" + whole))}
	for _, want := range []int{201, 204, 200} {
		if a, err := s.next(); err != nil || a.status != want {
			t.Errorf("got %d, %v; want %d", a.status, err, want)
		}
	}
}

// The load engine's cost is not its parser's.
func TestAnswersDoNotAllocate(t *testing.T) {
	in := bytes.NewReader([]byte("HTTP/1.1 200 OK\r\nDate: today\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"))
	s := answers{r: bufio.NewReader(in)}
	if n := testing.AllocsPerRun(100, func() {
		in.Seek(0, io.SeekStart)
		if _, err := s.next(); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations an answer, want none", n)
	}
}

// What both take, we read as net/http does; and we always come to an end.
func FuzzAnswers(f *testing.F) {
	f.Add(whole)
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
	f.Add("HTTP/1.0 204 \nConnection: keep-alive\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parse(text, false)
		if err != nil || got.status == http.StatusSwitchingProtocols {
			return
		}
		in := bufio.NewReader(strings.NewReader(text))
		for {
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				return // it is stricter
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				return
			}
			if resp.StatusCode >= 200 {
				if got.status != resp.StatusCode {
					t.Errorf("%q: status %d, net/http says %d", text, got.status, resp.StatusCode)
				}
				return
			}
		}
	})
}
