// SPDX-License-Identifier: Apache-2.0

// Package web has a server that can be closed, for commands to run.
package web

import "net/http"

type Web struct{}

func New() *Web { return &Web{} }

func (w *Web) Serve(addr string) error { return http.ListenAndServe(addr, http.NotFoundHandler()) }

func (w *Web) Flush() {}
