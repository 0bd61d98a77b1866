// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"time"
)

// A courier sends by a client whose transport others may set.
type courier struct{ client *http.Client }

func newCourier(tr http.RoundTripper) *courier {
	return &courier{client: &http.Client{Transport: tr}}
}

func (c *courier) use(tr http.RoundTripper) { c.client.Transport = tr }

func (c *courier) get(url string) (*http.Response, error) {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return nil, err
	}
	return c.client.Do(req) // want `c.client.Do has no time limit`
}

// This one limits the wait for an answer later.
type limitedCourier struct{ client *http.Client }

func newLimitedCourier() *limitedCourier {
	c := &limitedCourier{client: &http.Client{}}
	c.client.Transport = &http.Transport{ResponseHeaderTimeout: time.Second}
	return c
}

func (c *limitedCourier) get(url string) (*http.Response, error) {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return nil, err
	}
	return c.client.Do(req)
}

var otherDial func(ctx context.Context, network, address string) (net.Conn, error)

func dialledTransport() *http.Transport {
	dial := otherDial
	if runtime.GOOS != "js" {
		dial = (&net.Dialer{Timeout: time.Second}).DialContext
	}
	return &http.Transport{DialContext: dial}
}

func getDialled(url string) (*http.Response, error) {
	c := &http.Client{Transport: dialledTransport()}
	return c.Get(url) // want `c.Get has no time limit`
}

type doer interface {
	Do(*http.Request) (*http.Response, error)
}

type writer struct{ client doer }

func newWriter() *writer { return &writer{client: http.DefaultClient} }

func (w *writer) write(url string) (*http.Response, error) {
	req, err := http.NewRequest("PUT", url, nil)
	if err != nil {
		return nil, err
	}
	return w.client.Do(req) // want `w.client.Do has no time limit`
}

// What others give it may have one.
type openWriter struct{ client doer }

func newOpenWriter(client doer) *openWriter { return &openWriter{client: client} }

func NewOpenWriter(client doer) *openWriter { return newOpenWriter(client) }

func (w *openWriter) write(url string) (*http.Response, error) {
	req, err := http.NewRequest("PUT", url, nil)
	if err != nil {
		return nil, err
	}
	return w.client.Do(req)
}
