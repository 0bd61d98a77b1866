// SPDX-License-Identifier: Apache-2.0

// Package plain makes no request with a context.
package plain

import "net/http"

type Client interface {
	Send(req *http.Request) (*http.Response, error)
}

type Plain struct{ client *http.Client }

func newPlain() Client { return &Plain{client: &http.Client{}} }

func (p *Plain) Send(req *http.Request) (*http.Response, error) {
	return p.client.Do(req) // want `p.client.Do has no time limit`
}

func ask(c Client, url string) error {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return err
	}
	_, err = c.Send(req)
	return err
}
