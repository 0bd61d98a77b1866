// SPDX-License-Identifier: Apache-2.0

// Package dot imports context without its name.
package dot

import (
	. "context"
	"net/http"
	"time"
)

func serve(ctx Context, srv *http.Server) {
	<-ctx.Done()
	stopping, cancel := WithTimeout(ctx, time.Second)
	defer cancel()
	srv.Shutdown(stopping) // want `srv.Shutdown has a context that has ended already \(ctx\)`
}

func twice(a, b Context, srv *http.Server) {
	first, stop := WithCancel(a)
	_ = first
	second, stop := WithCancel(b)
	stop()
	srv.Shutdown(second) // want `srv.Shutdown has a context that has ended already \(second\)`
}
