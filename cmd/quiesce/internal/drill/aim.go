// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// portMark is replaced by a free port wherever a configuration has it.
const portMark = "{port}"

// atPort puts a port where it belongs.
func atPort(text string, port int) string {
	return strings.ReplaceAll(text, portMark, strconv.Itoa(port))
}

// An aim is what a URL says about where a server is.
type aim struct {
	url, scheme, addr, path string
	secure                  bool // TLS
}

// defaultPorts has the schemes that a URL may have.
var defaultPorts = map[string]string{
	"http": "80", "h2c": "80", "ws": "80", "grpc": "80", "https": "443", "wss": "443", "sse": "80", "grpcs": "443", "tcp": "", "tls": "",
}

func parseAim(text string) (aim, error) {
	u, err := url.Parse(text)
	if err != nil {
		return aim{}, err
	}
	standard, known := defaultPorts[u.Scheme]
	if !known || u.Hostname() == "" {
		return aim{}, fmt.Errorf("%q: want a URL such as http://127.0.0.1:8080/", u.Redacted())
	}
	port := cmp.Or(u.Port(), standard)
	if port == "" {
		return aim{}, fmt.Errorf("%q: has no port", u.Redacted())
	}
	a := aim{url: text, scheme: u.Scheme, addr: net.JoinHostPort(u.Hostname(), port), path: u.RequestURI()}
	switch u.Scheme {
	case "https", "wss", "grpcs", "tls":
		a.secure = true
	}
	return a, nil
}

// overHTTP reports whether an HTTP/1.1 request there gets an answer.
func (a aim) overHTTP() bool { return a.scheme == "http" || a.scheme == "https" }

// request returns a template filled in with what the aim says and it does not.
func (a aim) request(r load.Request) load.Request {
	if r.Path == "" {
		r.Path = a.path
	}
	if a.secure && r.TLS == nil {
		r.TLS = new(tls.Config)
	}
	return r
}

// uncounted returns the request as one that is none of the load's: it calls itself what
// a probe does.
func uncounted(r load.Request) load.Request {
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", probeAgent)
	}
	return r
}

// kindOf returns the clients of a load, whose request is r; nil if nothing says what
// they are.
func kindOf(l *LoadConfig, r load.Request) load.Kind {
	switch {
	case l.Kind != nil:
		return l.Kind
	case l.Protocol == record.HTTP1 && l.NewConn:
		return load.NewConnection(r)
	case l.Protocol == record.HTTP1 && l.Long:
		r.Long = true
		return load.KeepAlive(r)
	case l.Protocol == record.HTTP1:
		return load.KeepAlive(r)
	case l.Protocol == record.HTTP2:
		return load.HTTP2(r)
	case l.Protocol == record.SSE:
		return load.SSE(r)
	}
	return nil
}

// freePort returns a port that nobody listens on. It is not one of those that the
// kernel gives to clients: a client of a server that is down could get the server's
// own port, and be connected to itself.
func freePort() (int, error) {
	const first, tries = 10000, 100
	last := firstEphemeral()
	if last <= first {
		last = 1 << 15
	}
	var err error
	for range tries {
		port := first + rand.IntN(last-first)
		var ln net.Listener
		if ln, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, ln.Close()
		}
	}
	return 0, fmt.Errorf("no free port: %w", err)
}

// firstEphemeral returns where the kernel's own ports begin; 0: unknown.
func firstEphemeral() int {
	f, err := os.Open("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Split(bufio.ScanWords)
	if !in.Scan() {
		return 0
	}
	n, _ := strconv.Atoi(in.Text()) // 0 if it is none
	return n
}
