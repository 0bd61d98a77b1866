// SPDX-License-Identifier: Apache-2.0

package tested

import (
	"context"
	"errors"
	"net/http"
)

// A Server serves on several ports.
type Server struct{ plain, secure, metrics *http.Server }

// Run receives the error of one of them.
func (s *Server) Run() error {
	errc := make(chan error)
	if s.plain != nil {
		go func() {
			errc <- s.plain.ListenAndServe() // want `several goroutines send to errc, which has no buffer, and line \d+ receives once`
		}()
	}
	if s.secure != nil {
		go func() {
			errc <- s.secure.ListenAndServeTLS("", "") // want `several goroutines send to errc`
		}()
	}
	return <-errc
}

// RunEither starts one of them.
func (s *Server) RunEither(secure bool) error {
	errc := make(chan error)
	if secure {
		go func() { errc <- s.secure.ListenAndServeTLS("", "") }()
	} else {
		go func() { errc <- s.plain.ListenAndServe() }()
	}
	return <-errc
}

// RunBuffered has room for all.
func (s *Server) RunBuffered() error {
	errc := make(chan error, 2)
	go func() { errc <- s.plain.ListenAndServe() }()
	go func() { errc <- s.secure.ListenAndServeTLS("", "") }()
	return <-errc
}

// RunUntil sends no error when the server has been shut down.
func (s *Server) RunUntil(ctx context.Context) error {
	errc := make(chan error)
	go func() {
		if err := s.plain.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			errc <- err
		}
	}()
	select {
	case err := <-errc:
		return err
	case <-ctx.Done():
	}
	return s.plain.Shutdown(context.WithoutCancel(ctx))
}
