// SPDX-License-Identifier: Apache-2.0

// Package serve has the command of a program, and the signals for it.
package serve

import (
	"context"
	"net/http"
	"os"
	"os/signal"

	"github.com/oklog/run"

	"host.org/me/prog/app"
)

func Execute(a *app.App) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "while Run waits"
	go func() {
		<-c
		cancel()
	}()
	a.Run(ctx)
}

func ExecuteInTime(a *app.App) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		<-c
		cancel()
	}()
	a.RunInTime(ctx)
}

func group(srv *http.Server) error {
	var g run.Group
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "while Shutdown waits"
	g.Add(srv.ListenAndServe, func(error) {
		srv.Shutdown(context.Background())
	})
	left := make(chan struct{})
	g.Add(func() error {
		select {
		case <-c:
		case <-left:
		}
		return nil
	}, func(error) { close(left) })
	return g.Run()
}

func closingGroup(srv *http.Server) error {
	var g run.Group
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	g.Add(srv.ListenAndServe, func(error) { srv.Close() })
	left := make(chan struct{})
	g.Add(func() error {
		select {
		case <-c:
		case <-left:
		}
		return nil
	}, func(error) { close(left) })
	return g.Run()
}
