// SPDX-License-Identifier: Apache-2.0

// Package ask uses the clients of another package.
package ask

import (
	"net/http"
	"time"

	"own.example/app/web"
)

func ask(url string) error {
	web.Client.Get(url) // want `web.Client.Get has no time limit`
	web.Limited.Get(url)
	client, err := web.New()
	if err != nil {
		return err
	}
	client.Get(url) // want `client.Get has no time limit`
	web.NewLimited().Get(url)
	web.NewWith().Get(url)
	through := &http.Client{Transport: web.Transport()}
	_, err = through.Get(url) // want `through.Get has no time limit`
	return err
}

func change(url string) {
	web.Changed.Timeout = time.Second
	web.Changed.Get(url)
}
