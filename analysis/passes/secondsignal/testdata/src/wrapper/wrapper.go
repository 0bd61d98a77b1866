// SPDX-License-Identifier: Apache-2.0

package wrapper

import (
	"context"
	"os"
	"os/signal"
	"wrapper/web"
)

func drains(s *web.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "while Drain waits without a bound"
	<-c
	s.Drain(context.Background())
}

func ends(s *web.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "while End waits without a bound"
	<-c
	s.End()
}

func endsSoon(s *web.Server) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
	s.EndSoon()
}
