// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// curls is how curl is run.
type curls struct {
	path    string
	args    []string
	urls    int    // of an invocation, on one connection as long as it lives
	version string // of HTTP, as curl prints it
}

// curlLoad: many requests on one connection, one after the other.
func curlLoad(t *testing.T, s site) load {
	if s.http2 {
		return curlWith(t, s, curls{urls: 20, version: "2"}, "--http2")
	}
	return curlWith(t, s, curls{urls: 20, version: "1.1"}, "--http1.1")
}

// curlFreshLoad: a connection for each request, all at once. It cannot be
// otherwise with HTTP/2 in clear text: the curl of Debian 12 (7.88.1) fails at
// the second request on a connection, whatever the server.
func curlFreshLoad(t *testing.T, s site) load {
	return curlWith(t, s, curls{urls: 20, version: "2"},
		"--http2-prior-knowledge", "--parallel", "--parallel-immediate", "--parallel-max", "20")
}

// curlUpgradeLoad: each request asks for an upgrade to HTTP/2, which net/http
// does not do.
func curlUpgradeLoad(t *testing.T, s site) load {
	return curlWith(t, s, curls{urls: 20, version: "1.1"}, "--http2")
}

// curlParallelLoad: requests side by side on one connection.
func curlParallelLoad(t *testing.T, s site) load {
	return curlWith(t, s, curls{urls: 60, version: "2"}, "--http2", "--parallel", "--parallel-max", "10")
}

func curlWith(t *testing.T, s site, c curls, args ...string) load {
	t.Helper()
	const result = "result %{http_code} %{size_download} %{num_connects} %{exitcode} %{http_version} %{errormsg}\n"
	c.path = program(t, "curl")
	c.args = append([]string{
		"-q", "-sv", "--noproxy", "*", "--max-time", "20", "-o", "/dev/null", "-w", result,
		fmt.Sprintf("%s[1-%d]", s.url(), c.urls),
	}, args...)
	if s.tls {
		c.args = append(c.args, "--cacert", s.roots)
	}
	n := 4
	if s.rtt > 0 {
		n = 16 // or they would take long to be a load
	}
	return loop(t, n, func(i int) func(*tally) error { return c.once(i%2 == 0) })
}

// once runs curl to its end: it bounds itself.
func (c curls) once(post bool) func(*tally) error {
	args := slices.Clone(c.args)
	if post {
		args = append(args, "-d", "order")
	}
	cmd := exec.Command(c.path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run() // its exit code is that of a transfer, which result has too
	return func(s *tally) error { return c.count(s, stdout.String(), stderr.String(), err) }
}

func (c curls) count(s *tally, stdout, stderr string, err error) error {
	for line := range strings.Lines(stdout) {
		c.countLine(s, strings.TrimSpace(line))
	}
	// curl repeats, and says so, what it wrote to a connection that was closed.
	for range strings.Count(stderr, "Connection died, retrying") {
		s.Lost++
		s.explain("repeated by curl")
	}
	if n := strings.Count(stdout, "result "); n != c.urls {
		return fmt.Errorf("curl: %d results, want %d: %w\n%s", n, c.urls, err, stderr)
	}
	return nil
}

// countLine adds one transfer.
func (c curls) countLine(s *tally, line string) {
	const refused = 7 // and all else that keeps curl from connecting
	var status, size, connects, code int
	var version string
	if _, err := fmt.Sscanf(line, "result %d %d %d %d %s", &status, &size, &connects, &code, &version); err != nil {
		return
	}
	if code == refused {
		s.Refused++
		return
	}
	s.Sent++
	s.Opened += connects
	if code != 0 || status != 200 || size != answerSize || version != c.version {
		s.Lost++
		s.explain(line)
	}
}
