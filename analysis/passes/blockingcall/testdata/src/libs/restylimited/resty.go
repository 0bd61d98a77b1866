// SPDX-License-Identifier: Apache-2.0

package restylimited

import (
	"time"

	"github.com/go-resty/resty/v2"
)

type api struct{ client *resty.Client }

func newAPI() *api { return &api{resty.New().SetTimeout(time.Second)} }

func (a *api) get(url string) error {
	_, err := a.client.R().Get(url)
	return err
}
