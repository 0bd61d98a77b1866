// SPDX-License-Identifier: Apache-2.0

package writes

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const (
	connections = 16      // at most
	tries       = 3       // of a read that fails
	bodyMost    = 1 << 20 // bytes of a body that are searched for an id
)

// ReadBack asks the server at addr for every write of the ledger, on up to 16
// connections, and returns what it found. A write is there if the answer is a success
// (and its body has the id: see ReadContains), and is not if it is 404 or 410; any
// other answer, three times, leaves it unread. With a TLS config it uses https.
//
// Call it when the server serves again, and the load has ended. The end of ctx leaves
// the rest unread.
func (l *Ledger) ReadBack(ctx context.Context, addr string, config *tls.Config) *record.Writes {
	l.mu.Lock()
	acknowledged, failed, unknown := slices.Clone(l.acknowledged), slices.Clone(l.failed), slices.Clone(l.unknown)
	l.mu.Unlock()
	r := newReader(l, addr, config)
	defer r.client.CloseIdleConnections()
	found := r.all(ctx, slices.Concat(acknowledged, failed, unknown))

	return &record.Writes{
		Acknowledged: len(acknowledged), Failed: len(failed), Unknown: len(unknown),
		Missing:  with(acknowledged, found, absent),
		Appeared: with(failed, found, present),
		Unread:   len(with(acknowledged, found, unread)),
		Detail:   detail(len(with(unknown, found, present)), len(unknown), r.problem),
	}
}

// with returns the ids that were found so, never nil: it is [] in JSON.
func with(ids []string, found map[string]finding, want finding) []string {
	out := []string{}
	for _, id := range ids {
		if found[id] == want {
			out = append(out, id)
		}
	}
	return out
}

func detail(there, unknown int, problem error) string {
	var parts []string
	if unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d unknown ones are there", there, unknown))
	}
	if problem != nil {
		parts = append(parts, "reading: "+problem.Error())
	}
	return strings.Join(parts, "; ")
}

// A finding is whether a write is there.
type finding uint8

const (
	unread finding = iota
	present
	absent
)

// A reader reads writes back. It may repeat a read: that changes nothing.
type reader struct {
	ledger *Ledger
	base   url.URL
	client http.Client

	mu      sync.Mutex
	found   map[string]finding // guarded by mu
	problem error              // guarded by mu: the last
}

func newReader(l *Ledger, addr string, config *tls.Config) *reader {
	r := &reader{ledger: l, base: url.URL{Scheme: "http", Host: addr}, found: map[string]finding{}}
	if config != nil {
		r.base.Scheme = "https"
	}
	r.client.Transport = &http.Transport{
		TLSClientConfig: config, MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections,
		DisableCompression: true,
	}
	r.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return r
}

// all reads all ids.
func (r *reader) all(ctx context.Context, ids []string) map[string]finding {
	work := make(chan string)
	var readers sync.WaitGroup
	for range min(connections, len(ids)) {
		readers.Go(func() {
			for id := range work {
				r.one(ctx, id)
			}
		})
	}
	for _, id := range ids {
		work <- id // readers are quick once ctx has ended
	}
	close(work)
	readers.Wait()
	return r.found
}

func (r *reader) one(ctx context.Context, id string) {
	var f finding
	var err error
	for range tries {
		if f, err = r.ask(ctx, id); err == nil || ctx.Err() != nil {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found[id] = f
	if err != nil {
		r.problem = err
	}
}

func (r *reader) ask(ctx context.Context, id string) (finding, error) {
	request, err := r.request(ctx, id)
	if err != nil {
		return unread, err
	}
	resp, err := r.client.Do(request)
	if err != nil {
		return unread, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, bodyMost))
	switch status := resp.StatusCode; {
	case err != nil:
		return unread, err
	case status == http.StatusNotFound, status == http.StatusGone:
		return absent, nil
	case status < 200 || status > 299:
		return unread, fmt.Errorf("status %d", status)
	case r.ledger.ReadContains && !contains(string(body), id):
		return absent, nil
	default:
		return present, nil
	}
}

// contains reports whether id is in body, and not only as the beginning of another.
func contains(body, id string) bool {
	for {
		_, rest, ok := strings.Cut(body, id)
		if !ok {
			return false
		}
		if rest == "" || rest[0] < '0' || rest[0] > '9' {
			return true
		}
		body = rest
	}
}

func (r *reader) request(ctx context.Context, id string) (*http.Request, error) {
	q := &r.ledger.read
	fill := func(s string) string { return strings.ReplaceAll(s, "{id}", id) }
	method := q.Method
	switch {
	case method != "":
	case q.Body != "":
		method = http.MethodPost
	default:
		method = http.MethodGet
	}
	path := fill(q.Path)
	if path == "" {
		path = "/"
	}
	request, err := http.NewRequestWithContext(ctx, method, r.base.String()+path, strings.NewReader(fill(q.Body)))
	if err != nil {
		return nil, err
	}
	for name, values := range q.Header {
		for _, v := range values {
			request.Header.Add(name, fill(v))
		}
	}
	if q.Host != "" {
		request.Host = q.Host
	}
	return request, nil
}
