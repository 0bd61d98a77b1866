// SPDX-License-Identifier: Apache-2.0

// Package web has a server that can be closed, for commands to run.
package web

import "net/http"

type Web struct{ srv http.Server }

func New() *Web { return &Web{} }

func (w *Web) Serve(addr string) error {
	w.srv.Addr = addr
	return w.srv.ListenAndServe()
}

func (w *Web) Flush() {}
