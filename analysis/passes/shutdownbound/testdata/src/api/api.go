// SPDX-License-Identifier: Apache-2.0

// Package api wraps a server.
package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

type Server struct{ http *http.Server }

func New() *Server { return &Server{http: &http.Server{}} }

func (s *Server) Run() error {
	if err := s.http.ListenAndServe(); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// RunQuietly takes the normal end for what it is.
func (s *Server) RunQuietly() error {
	if err := s.http.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *Server) Stop(ctx context.Context) error { return s.http.Shutdown(ctx) }
