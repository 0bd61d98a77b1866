// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"crypto/tls"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

type poller struct {
	http    http.Client
	limited http.Client
	Client  *http.Client
	made    *http.Client
}

// A Sender has a client that others may set as well, and seldom do.
type Sender struct{ Client *http.Client }

// A Caller has one that others set.
type Caller struct{ Client http.Client }

func newPoller(cfg *tls.Config) *poller {
	p := &poller{Client: &http.Client{}, made: newClient(cfg)}
	p.limited.Timeout = time.Second
	return p
}

func newSender() *Sender { return &Sender{Client: &http.Client{}} }

func newClient(cfg *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: cfg}
	transport.MaxIdleConns = 3
	return &http.Client{Transport: transport}
}

func newLimited() (*http.Client, error) {
	client := newClient(nil)
	client.Timeout = time.Minute
	return client, nil
}

func (p *poller) poll(url string) {
	p.http.Get(url) // want `p.http.Get has no time limit`
	p.limited.Get(url)
	p.Client.Get(url) // want `p.Client.Get has no time limit`
	p.made.Get(url)   // want `p.made.Get has no time limit`
}

func (s *Sender) send(url string) {
	s.Client.Get(url) // want `s.Client.Get has no time limit`
}

func (c *Caller) call(url string) { c.Client.Get(url) }

func clients(url string, source oauth2.TokenSource) {
	var zero http.Client
	zero.Get(url) // want `zero.Get has no time limit`
	made := new(http.Client)
	made.Get(url) // want `made.Get has no time limit`
	own := &http.Client{Transport: http.DefaultTransport}
	own.Get(url) // want `own.Get has no time limit`
	cloned := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	cloned.Get(url) // want `cloned.Get has no time limit`
	client := newClient(nil)
	client.Get(url)                        // want `client.Get has no time limit`
	oauth2.NewClient(nil, source).Get(url) // want `Get has no time limit`
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	oauth2.NewClient(ctx, source).Get(url) // want `Get may block for long, and does not end with ctx`
	carrying := withClient(ctx)
	oauth2.NewClient(carrying, source).Get(url)
	oauth2.NewClient(withClient(ctx), source).Get(url)
	limited, _ := newLimited()
	limited.Get(url)
	givenClient(url, http.Client{Timeout: time.Second})
}

// withClient gives a context the client that oauth2 is to use.
func withClient(ctx context.Context) context.Context { return ctx }

func givenClient(url string, client http.Client) { client.Get(url) }
