// SPDX-License-Identifier: Apache-2.0

package resty

import "github.com/go-resty/resty/v2"

type api struct{ client *resty.Client }

func newAPI() *api { return &api{resty.New()} }

func (a *api) get(url string) error {
	_, err := a.client.R().Get(url) // want `Get has no time limit`
	return err
}
