// SPDX-License-Identifier: Apache-2.0

// Package main has a server that it gives to another's ListenAndServe.
package main

import (
	"context"
	"net/http"
	"other/web"
)

func main() {
	srv := &http.Server{}
	go web.ListenAndServe(srv)
	srv.Shutdown(context.Background())
}
