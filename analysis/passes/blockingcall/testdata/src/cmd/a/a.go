// SPDX-License-Identifier: Apache-2.0

// Command a is one for a terminal.
package main

import (
	"net/http"
	"time"
)

type bench struct{ client *http.Client }

func (b *bench) Close() { http.Get("http://localhost/flush") }

func follow(url string) {
	for {
		resp, err := http.Get(url)
		if err != nil || resp.StatusCode < 300 {
			return
		}
		url = resp.Header.Get("Location")
	}
}

func join(url string) {
	for {
		http.Get(url) // want `http.Get in a loop has no time limit`
		time.Sleep(time.Minute)
	}
}

func main() { follow("http://localhost") }
