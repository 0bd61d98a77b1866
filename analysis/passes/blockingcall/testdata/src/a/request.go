// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"net/http"
)

type config struct{ client *http.Client }

func newConfig() *config { return &config{client: http.DefaultClient} }

func (c *config) Get(url string) error {
	req, err := signed(url)
	if err != nil {
		return err
	}
	_, err = c.client.Do(req) // want `c.client.Do has no time limit`
	return err
}

func signed(url string) (*http.Request, error) { return signedAt(url, "now") }

func signedAt(url, at string) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err == nil {
		req.Header.Set("At", at)
	}
	return req, err
}

// Its request has a context.
func (c *config) GetInTime(url string) error {
	req, err := inTime(url)
	if err != nil {
		return err
	}
	_, err = c.client.Do(req)
	return err
}

var ctx context.Context

func inTime(url string) (*http.Request, error) {
	return http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
}
