// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const (
	curlLoops = 4  // at a time
	curlURLs  = 20 // of an invocation, on one connection as long as it lives
)

// curls is curl, run again and again.
type curls struct {
	path, url string
	stop      context.CancelFunc
	loops     sync.WaitGroup

	mu    sync.Mutex
	tally tally // guarded by mu
	err   error // guarded by mu
}

func curlLoad(t *testing.T, addr string) load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	c := &curls{path: program(t, "curl"), url: fmt.Sprintf("http://%s/[1-%d]", addr, curlURLs), stop: stop}
	for i := range curlLoops {
		c.loops.Go(func() {
			for ctx.Err() == nil {
				c.once(i%2 == 0)
			}
		})
	}
	t.Cleanup(func() {
		stop()
		c.loops.Wait()
	})
	return c
}

func (c *curls) end(t *testing.T) tally {
	t.Helper()
	c.stop()
	c.loops.Wait()
	if c.err != nil {
		t.Error(c.err)
	}
	return c.tally
}

// once runs curl to its end: it bounds itself.
func (c *curls) once(post bool) {
	const result = "result %{http_code} %{size_download} %{num_connects} %{exitcode} %{errormsg}\n"
	args := []string{"-q", "-sv", "--noproxy", "*", "--max-time", "20", "-o", "/dev/null", "-w", result}
	if post {
		args = append(args, "-d", "order")
	}
	cmd := exec.Command(c.path, append(args, c.url)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run() // its exit code is that of a transfer, which result has too
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := strings.Count(stdout.String(), "result "); n != curlURLs {
		c.err = fmt.Errorf("curl: %d results, want %d: %w\n%s", n, curlURLs, err, stderr.String())
	}
	for line := range strings.Lines(stdout.String()) {
		c.tally.addCurl(strings.TrimSpace(line))
	}
	// curl repeats, and says so, what it wrote to a connection that was closed.
	for range strings.Count(stderr.String(), "Connection died, retrying") {
		c.tally.Lost++
		c.tally.explain("repeated by curl")
	}
}

// addCurl adds one transfer.
func (s *tally) addCurl(line string) {
	const refused = 7 // and all else that keeps curl from connecting
	var status, size, connects, code int
	if _, err := fmt.Sscanf(line, "result %d %d %d %d", &status, &size, &connects, &code); err != nil {
		return
	}
	if code == refused {
		s.Refused++
		return
	}
	s.Sent++
	s.Opened += connects
	if code != 0 || status != 200 || size != answerSize {
		s.Lost++
		s.explain(line)
	}
}
