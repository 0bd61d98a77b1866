// SPDX-License-Identifier: Apache-2.0

package unknown

import (
	"context"
	"net/http"
	"time"
)

type config struct{ DialTimeout time.Duration }

// What limits something else says nothing of the wait for an answer.
func elsewhere(ctx context.Context) {
	short, cancel := context.WithTimeout(ctx, config{DialTimeout: time.Second}.DialTimeout)
	defer cancel()
	<-short.Done()
	_ = &http.Server{ReadTimeout: time.Second, WriteTimeout: time.Second}
}

func handle(mux *http.ServeMux, c *http.Client, to string) {
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.Get(to) // want `c.Get may block for long, and does not end with r.Context`
	})
}
