// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"net/http"
	"time"
)

type Server struct{ HTTP *http.Server }

func (s *Server) Drain(ctx context.Context) error { return s.HTTP.Shutdown(ctx) }

func (s *Server) End() { s.HTTP.Shutdown(context.Background()) }

func (s *Server) EndSoon() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.HTTP.Shutdown(ctx)
}
