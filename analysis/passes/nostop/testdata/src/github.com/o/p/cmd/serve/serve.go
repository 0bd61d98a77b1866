// SPDX-License-Identifier: Apache-2.0 // want package:`reported`

// Package serve is the command of a program; see its main.
package serve

import (
	"net"
	"net/http"

	"github.com/o/p/store"
)

// A Command is run by the command line.
type Command struct{ Listen string }

// Run serves.
func (c *Command) Run() error {
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	go (&http.Server{Handler: metrics()}).Serve(ln)
	srv := http.Server{Handler: store.Handler()}
	return srv.Serve(ln) // want `nobody can shut down the server of srv.Serve: only this function knows it`
}

func metrics() http.Handler { return nil }
