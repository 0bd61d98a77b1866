// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/examples/shop/internal/orders"
	"github.com/go-quiesce/quiesce/sigmux/sender"
)

const (
	// readHeaderTimeout is how long a client may take to say what it wants.
	readHeaderTimeout = 5 * time.Second

	// dbReserve is the part of the grace period that is the database's alone:
	// closing it moves the write-ahead log into the file.
	dbReserve = 500 * time.Millisecond
)

// newApp puts the shop together. When it is ready it writes a line to ready
// that says where it listens.
func newApp(c *orders.Config, ready io.Writer) (*quiesce.App, error) {
	store, err := orders.Open(c.DB)
	if err != nil {
		return nil, err
	}
	public, admin, err := listen(c.Addr, c.Admin)
	if err != nil {
		return nil, err
	}
	app := quiesce.New("shop", options(c)...)
	outbox := orders.NewOutbox(store, orders.Broker{URL: c.Broker})
	events := orders.NewEvents()
	api := &http.Server{Handler: orders.API(store, outbox, events), ReadHeaderTimeout: readHeaderTimeout}
	probes := &http.Server{Handler: app.Probes(), ReadHeaderTimeout: readHeaderTimeout}

	// Each is quiet, and later stopped, before what it needs.
	db := app.Add("db", quiesce.Component{Start: store.Migrate, Stop: quiesce.NoCtx(store.Close)}, quiesce.Critical(dbReserve))
	box := app.Add("outbox", quiesce.Component{Run: outbox.Run}, quiesce.Needs(db))
	web := app.Add("http", quiesce.HTTPOn(api, public), quiesce.Needs(db, box))
	app.Add("admin", quiesce.HTTPOn(probes, admin), quiesce.Outer())
	app.Add("ready-line", quiesce.Component{Start: func(context.Context) error {
		return orders.Ready(ready, public.Addr(), admin.Addr())
	}}, quiesce.Needs(web))
	return app, nil
}

// options leaves to the preset what the command line does not say.
func options(c *orders.Config) []quiesce.Option {
	opts := []quiesce.Option{quiesce.Auto(), quiesce.WithSignals(sender.OS())}
	if c.Grace != 0 {
		opts = append(opts, quiesce.WithGracePeriod(c.Grace))
	}
	if c.Delay >= 0 {
		opts = append(opts, quiesce.WithReadinessDelay(c.Delay))
	}
	if c.ReportDir != "" {
		opts = append(opts, quiesce.WithReportDir(c.ReportDir))
	}
	return opts
}

// listen binds both addresses now, so that the port behind a 0 is known.
func listen(addr, adminAddr string) (public, admin net.Listener, err error) {
	if public, err = net.Listen("tcp", addr); err != nil {
		return nil, nil, err
	}
	if admin, err = net.Listen("tcp", adminAddr); err != nil {
		public.Close()
		return nil, nil, err
	}
	return public, admin, nil
}
