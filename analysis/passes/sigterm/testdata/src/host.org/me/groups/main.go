// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"os"
	"syscall"

	"github.com/oklog/run"
)

func main() {
	var g run.Group
	srv := &http.Server{}
	g.Add(srv.ListenAndServe, func(error) { srv.Close() })
	g.Add(run.SignalHandler(context.Background(), os.Interrupt, syscall.SIGTERM))
	g.Run()
}
