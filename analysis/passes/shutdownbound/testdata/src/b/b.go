// SPDX-License-Identifier: Apache-2.0

package main

import (
	"api"
	"context"
	"time"
)

func main() {
	s := api.New()
	s.Stop(context.Background()) // want `s.Stop has a context that never ends`
}

func bounded(s *api.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.Stop(ctx)
}
