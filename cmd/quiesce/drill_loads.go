// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/protocol"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// usualRate is how many requests a second are due on each connection if nobody says
// otherwise.
const usualRate = 100

// A scheme is what the clients of a URL speak, and what the URL is without that.
type scheme struct {
	protocol record.Protocol
	plain    string // the scheme that says where, and whether with TLS
}

var schemes = map[string]scheme{
	"http": {record.HTTP1, "http"}, "https": {record.HTTP1, "https"},
	"h2c": {record.HTTP2, "http"}, "h2": {record.HTTP2, "https"},
	"grpc": {record.GRPC, "grpc"}, "grpcs": {record.GRPC, "grpcs"},
	"ws": {record.WS, "ws"}, "wss": {record.WS, "wss"},
	"sse": {record.SSE, "http"}, "sses": {record.SSE, "https"},
	"tcp": {record.TCP, "tcp"},
}

// secured reports whether clients of a URL use TLS.
func secured(text string) bool {
	name, _, _ := strings.Cut(text, "://")
	return slices.Contains([]string{"https", "h2", "grpcs", "wss", "sses"}, name)
}

// splitURL finds what a URL's clients speak, and the URL that says where.
func splitURL(text string) (record.Protocol, string, error) {
	name, rest, ok := strings.Cut(text, "://")
	s, known := schemes[name]
	if !ok || !known {
		return "", "", fmt.Errorf("--url %q: want one that begins with %s", text, strings.Join(slices.Sorted(maps.Keys(schemes)), ", "))
	}
	return s.protocol, s.plain + "://" + rest, nil
}

// A loadFile is what --config reads.
type loadFile struct {
	Loads []fileLoad `yaml:"loads"`
}

// A fileLoad is one kind of clients. What is not there is as on the command line.
type fileLoad struct {
	Name        string            `yaml:"name"`
	URL         string            `yaml:"url"`
	Method      string            `yaml:"method"`
	Headers     map[string]string `yaml:"headers"`
	Body        string            `yaml:"body"`
	Connections int               `yaml:"connections"`
	Rate        float64           `yaml:"rate"`
	Think       time.Duration     `yaml:"think"`
	Anew        bool              `yaml:"connects_anew"` // a connection for each request
	Send        string            `yaml:"send"`          // tcp: the line, with {id}; ws: the message
	Want        string            `yaml:"want"`          // tcp: what the answer begins with
	Stream      bool              `yaml:"stream"`        // grpc: the method is one of a server stream
}

func (f *drillFlags) setLoads(c *drill.Config) error {
	var loads []fileLoad
	for _, u := range f.urls {
		loads = append(loads, fileLoad{URL: u})
		if p, _, err := splitURL(u); err == nil && p == record.HTTP1 {
			loads = append(loads, fileLoad{URL: u, Anew: true, Connections: max(1, f.connections/4)})
		}
	}
	fromFile, err := f.readLoads()
	if err != nil {
		return err
	}
	var errs []error
	for i, l := range append(loads, fromFile...) {
		made, err := f.loadOf(&l)
		if n := i - len(loads); n >= 0 && err != nil {
			err = fmt.Errorf("--config %s: load %d: %w", f.file, n+1, err)
		}
		errs = append(errs, err)
		c.Loads = append(c.Loads, made)
	}
	number(c.Loads)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return f.checkTaken(c.Loads)
}

func (f *drillFlags) readLoads() ([]fileLoad, error) {
	if f.file == "" {
		return nil, nil
	}
	in, err := os.Open(f.file)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	defer in.Close()
	var file loadFile
	d := yaml.NewDecoder(in)
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("--config %w", yamlError(f.file, err))
	}
	if len(file.Loads) == 0 {
		return nil, fmt.Errorf("--config %s: no loads", f.file)
	}
	return file.Loads, nil
}

// yamlError says which line of a file is wrong as compilers do, and does not name our
// types.
func yamlError(file string, err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: no loads", file)
	}
	var lines []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "yaml: "))
		if m := yamlLine.FindStringSubmatch(line); m != nil {
			lines = append(lines, fmt.Sprintf("%s:%s: %s", file, m[1], yamlField.ReplaceAllString(m[2], `no field is called "$1"`)))
		} else if line != "unmarshal errors:" {
			lines = append(lines, file+": "+line)
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}

var (
	yamlLine  = regexp.MustCompile(`^line (\d+): (.*)$`)
	yamlField = regexp.MustCompile(`^field (\S+) not found in type \S+$`)
)

// takers are the protocols to which a field of a load, or the flag of that name, means
// something.
var takers = map[string][]record.Protocol{
	"method":        {record.HTTP1, record.HTTP2, record.SSE},
	"header":        {record.HTTP1, record.HTTP2, record.SSE, record.WS, record.GRPC},
	"body":          {record.HTTP1, record.HTTP2, record.SSE, record.GRPC},
	"connects_anew": {record.HTTP1},
	"send":          {record.TCP, record.WS},
	"want":          {record.TCP},
	"stream":        {record.GRPC},
}

// checkFields finds fields that mean nothing to a protocol.
func (l *fileLoad) checkFields(p record.Protocol) error {
	for _, field := range []struct {
		name, key string
		given     bool
	}{
		{"method", "method", l.Method != ""},
		{"headers", "header", len(l.Headers) > 0},
		{"body", "body", l.Body != ""},
		{"connects_anew", "connects_anew", l.Anew},
		{"send", "send", l.Send != ""},
		{"want", "want", l.Want != ""},
		{"stream", "stream", l.Stream},
	} {
		if field.given && !slices.Contains(takers[field.key], p) {
			return fmt.Errorf("%s: means nothing to %s", field.name, l.URL)
		}
	}
	return nil
}

// checkTaken finds flags that mean nothing to any load.
func (f *drillFlags) checkTaken(loads []drill.LoadConfig) error {
	var errs []error
	for _, flag := range []struct {
		name  string
		given bool
	}{{"method", f.method != ""}, {"header", len(f.headers) > 0}, {"body", f.body != ""}} {
		taken := slices.ContainsFunc(loads, func(l drill.LoadConfig) bool { return slices.Contains(takers[flag.name], l.Protocol) })
		if flag.given && len(loads) > 0 && !taken {
			errs = append(errs, fmt.Errorf("--%s: means nothing to these URLs", flag.name))
		}
	}
	return errors.Join(errs...)
}

// loadOf makes the clients of a load.
func (f *drillFlags) loadOf(l *fileLoad) (drill.LoadConfig, error) {
	p, where, err := splitURL(l.URL)
	if err != nil {
		return drill.LoadConfig{}, err
	}
	if err := l.checkFields(p); err != nil {
		return drill.LoadConfig{}, err
	}
	r, err := f.request(l.URL)
	if err != nil {
		return drill.LoadConfig{}, err
	}
	if p == record.SSE || p == record.WS { // --method and --body are about requests that are answered
		r.Method, r.Body = http.MethodGet, ""
	}
	if l.Method != "" {
		r.Method = l.Method
	}
	if l.Body != "" {
		r.Body = l.Body
	}
	for name, value := range l.Headers {
		r.Header.Set(name, value)
	}
	out := drill.LoadConfig{Request: r, LoadSetup: record.LoadSetup{
		Name: l.Name, Protocol: p, URL: where, NewConn: l.Anew, Connections: l.Connections, Rate: l.Rate, Think: l.Think,
	}}
	f.pace(&out.LoadSetup)
	out.Kind, err = kindFor(p, l, r, where)
	return out, err
}

// pace fills in how many clients there are and how fast they ask.
func (f *drillFlags) pace(l *record.LoadSetup) {
	if l.Connections == 0 {
		l.Connections = f.connections
	}
	if l.Rate == 0 && l.Think == 0 {
		l.Rate, l.Think = f.rate, f.think
	}
	streams := l.Protocol == record.SSE || l.Protocol == record.WS
	if l.Rate == 0 && l.Think == 0 && !streams {
		l.Rate = usualRate * float64(l.Connections)
	}
}

// kindFor returns the clients of a protocol that the drill does not know by itself.
func kindFor(p record.Protocol, l *fileLoad, r load.Request, where string) (load.Kind, error) {
	switch p {
	case record.GRPC:
		u, err := url.Parse(strings.ReplaceAll(where, "{port}", "1"))
		if err != nil {
			return nil, fmt.Errorf("--url: %w", err)
		}
		o := protocol.GRPCOptions{Method: strings.Trim(u.Path, "/"), Message: []byte(r.Body), Metadata: r.Header, Stream: l.Stream, TLS: r.TLS}
		return protocol.GRPC(o), o.Check()
	case record.WS:
		u, err := url.Parse(strings.ReplaceAll(where, "{port}", "1"))
		if err != nil {
			return nil, fmt.Errorf("--url: %w", err)
		}
		r.Path = u.RequestURI()
		return protocol.WS(r, protocol.WSOptions{Message: l.Send}), nil
	case record.TCP:
		send := l.Send
		if send == "" {
			send = "PING"
		}
		return load.Lines(send, l.Want), nil
	}
	return nil, nil
}

// number gives loads that have no name of their own, and would have the same one, a
// number.
func number(loads []drill.LoadConfig) {
	seen := map[string]int{}
	for i := range loads {
		l := &loads[i].LoadSetup
		if l.Name != "" {
			continue
		}
		name := drill.LoadName(l)
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, seen[name])
		}
		l.Name = name
	}
}
