// SPDX-License-Identifier: Apache-2.0

// Package told hears of a stop.
package told

import (
	"context"
	"net/http"
)

func hijacks(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		for {
			conn.Write(nil)
		}
	}
}

func serve(ctx context.Context, srv *http.Server, closeAll func()) error {
	srv.RegisterOnShutdown(closeAll)
	return srv.Shutdown(ctx)
}
