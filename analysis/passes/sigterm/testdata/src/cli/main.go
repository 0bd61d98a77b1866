// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://localhost", nil)
	http.DefaultClient.Do(req)
}
