// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
)

func Run(ctx context.Context) error {
	srv := &http.Server{}
	failed := make(chan error, 1)
	go func() { failed <- srv.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return srv.Shutdown(context.Background())
	}
}

// Ask asks once.
func Ask() {}

// A Handler serves in the background.
type Handler struct{ server *http.Server }

// StartHandler starts one.
func StartHandler(addr string) (*Handler, error) {
	h := &Handler{}
	server := &http.Server{Addr: addr}
	go func() {
		if err := server.ListenAndServe(); err != nil {
			println(err)
		}
	}()
	h.server = server
	return h, nil
}
