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
