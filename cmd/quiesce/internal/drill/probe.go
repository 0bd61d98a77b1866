// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const (
	// probeInterval is how often each probe asks. Real ones take seconds; a drill has
	// to see what happens within a readiness delay of milliseconds.
	probeInterval = 5 * time.Millisecond

	// maxInterval is how often each probe asks a server that is slow to answer.
	maxInterval = 50 * time.Millisecond

	// pollInterval is how often a server that starts is asked whether it is ready.
	pollInterval = time.Millisecond

	// probePatience is when a probe without an answer has failed, as with Kubernetes.
	probePatience = time.Second

	// probeAgent is what probes call themselves, and all others that are none of the
	// load, so that a server can leave them out when it counts requests.
	probeAgent = "quiesce-drill-probe"
)

// The probes, by [record.Probe.Which].
const (
	probeReady   = "ready"
	probeLive    = "live"
	probeConnect = "connect"
)

// A question is what a probe asks. It returns whether the answer is yes, and what
// the answer was.
type question func(ctx context.Context) (ok bool, detail string)

// maxAsking is how many questions of a probe may be without an answer at once.
const maxAsking = 16

// A prober asks a question over and over, and notes when the answer changes. It does
// not wait for an answer before it asks again: a server that closes its listener may
// leave somebody who knocked at that moment waiting for a second, and the next is
// refused. But it waits longer than answers take, so that a slow server is not swamped
// with questions.
type prober struct {
	which   string
	ask     question
	line    *timeline
	changed func(ok bool, detail string) // may be nil

	asking sync.WaitGroup
	mu     sync.Mutex
	open   int           // questions without an answer
	last   time.Duration // when the last was asked
	took   time.Duration // how long the last answer took
	latest int           // the last question whose answer counted
	no     bool          // that answer; at first it is known to be yes
	since  time.Duration // when it was asked
}

// run asks until ctx ends.
func (p *prober) run(ctx context.Context) {
	defer p.asking.Wait()
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for n := 1; ctx.Err() == nil; n++ {
		if asked := p.line.now(); p.begin(asked) {
			p.asking.Go(func() {
				ok, detail := p.ask(ctx)
				if ctx.Err() == nil {
					p.answered(n, asked, ok, detail)
				}
				p.end(asked)
			})
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// begin reports whether one more question is to be asked now.
func (p *prober) begin(now time.Duration) bool {
	const longer = 3 // than the last answer took
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == maxAsking || p.open > 0 && now-p.last < min(longer*p.took, maxInterval) {
		return false
	}
	p.open++
	p.last = now
	return true
}

func (p *prober) end(asked time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	p.took = p.line.now() - asked
}

// answered notes the answer to the question of that number, unless a later one was
// answered before.
func (p *prober) answered(n int, asked time.Duration, ok bool, detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n < p.latest {
		return
	}
	p.latest = n
	since := p.since
	p.since = asked
	if ok != p.no {
		return
	}
	p.no = !ok
	p.line.probed(record.Probe{Which: p.which, At: p.line.now(), Since: since, OK: ok, Detail: detail})
	if p.changed != nil {
		p.changed(ok, detail)
	}
}

// An asker asks probes' questions, each on a connection of its own.
type asker struct{ client http.Client }

func newAsker() *asker {
	return &asker{http.Client{
		Timeout: probePatience,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			// As with the kubelet: a probe says whether somebody is there, not who.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// status asks a URL. Below 400 is yes.
func (a *asker) status(url string) question {
	return func(ctx context.Context) (bool, string) {
		resp, err := a.get(ctx, url)
		if err != nil {
			return false, failure(err)
		}
		resp.Body.Close()
		return resp.StatusCode < http.StatusBadRequest, resp.Status
	}
}

// answers asks a URL. Whatever is answered is yes.
func (a *asker) answers(url string) question {
	return func(ctx context.Context) (bool, string) {
		resp, err := a.get(ctx, url)
		if err != nil {
			return false, failure(err)
		}
		resp.Body.Close()
		return true, resp.Status
	}
}

func (a *asker) get(ctx context.Context, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", probeAgent)
	return a.client.Do(req)
}

// connects asks whether somebody listens.
func connects(addr string) question {
	return func(ctx context.Context) (bool, string) {
		conn, err := (&net.Dialer{Timeout: probePatience}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return false, failure(err)
		}
		conn.Close()
		return true, ""
	}
}

// refused is the detail of a probe that found nobody listening.
const refused = "connection refused"

// failure says in short why there was no answer.
func failure(err error) string {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return refused
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return "no answer within " + probePatience.String()
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner.Error() // without the URL, which everybody knows
	}
	return err.Error()
}
