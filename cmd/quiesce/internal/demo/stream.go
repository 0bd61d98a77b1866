// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A streamEnd is how a stream of server-sent events came to its end.
type streamEnd struct {
	outcome Outcome       // Answered: ended by the server, with the last chunk
	events  int           // orders that it told
	retry   time.Duration // when the server wants to see us again; 0: it did not say
	err     error
}

// follow opens a stream and reads it to its end. It calls opened when the
// server has begun to answer. There is no time limit: a stream without news is
// all right, and one of a dead process ends.
func (w *wire) follow(path string, opened func()) streamEnd {
	if n, err := w.send(request{method: http.MethodGet, path: path}); err != nil {
		if n == 0 {
			return streamEnd{outcome: Refused, err: err}
		}
		return streamEnd{outcome: Lost, err: err}
	}
	resp, err := http.ReadResponse(w.r, &http.Request{Method: http.MethodGet})
	if err != nil {
		return streamEnd{outcome: Lost, err: err}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return streamEnd{outcome: Lost, err: fmt.Errorf("answered %s", resp.Status)}
	}
	opened()
	var end streamEnd
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		end.line(lines.Text())
	}
	end.err = lines.Err()
	if end.err == nil && resp.TransferEncoding == nil {
		end.err = errNoEnd
	}
	if end.err != nil {
		end.outcome = Lost
	}
	return end
}

// line takes in one line of the stream.
func (e *streamEnd) line(text string) {
	name, value, _ := strings.Cut(text, ":")
	value = strings.TrimPrefix(value, " ")
	switch {
	case name == "event" && value == "order":
		e.events++
	case name == "retry":
		if ms, err := strconv.Atoi(value); err == nil {
			e.retry = time.Duration(ms) * time.Millisecond
		}
	}
}
