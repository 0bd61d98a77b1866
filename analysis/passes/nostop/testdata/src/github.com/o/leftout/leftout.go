// Package leftout serves with several servers.
package leftout

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/oklog/run"
	"google.golang.org/grpc"
)

func registerAPI(*grpc.Server) {}

func serveAll(web http.Handler, l, rpc net.Listener) error {
	var group run.Group
	srv := &http.Server{Handler: web}
	group.Add(func() error { return srv.Serve(l) }, func(error) { shutdown(srv) })
	s := grpc.NewServer()
	registerAPI(s)
	group.Add(func() error {
		return s.Serve(rpc) // want `nobody stops the server of s.Serve: the program stops others`
	}, func(error) {})
	stopped := grpc.NewServer()
	group.Add(func() error { return stopped.Serve(rpc) }, func(error) { stopped.GracefulStop() })
	return group.Run()
}

// closing ends a server by its listener.
func closing(web http.Handler, l net.Listener) error {
	rpc, err := net.Listen("tcp", ":1")
	if err != nil {
		return err
	}
	var group run.Group
	srv := &http.Server{Handler: web}
	group.Add(func() error { return srv.Serve(l) }, func(error) { shutdown(srv) })
	s := grpc.NewServer()
	group.Add(func() error { return s.Serve(rpc) }, func(error) { rpc.Close() })
	return group.Run()
}

// given tells somebody else of its server.
func given(web http.Handler, l, rpc net.Listener, keep func(*grpc.Server)) error {
	var group run.Group
	srv := &http.Server{Handler: web}
	group.Add(func() error { return srv.Serve(l) }, func(error) { shutdown(srv) })
	s := grpc.NewServer()
	keep(s)
	group.Add(func() error { return s.Serve(rpc) }, func(error) {})
	return group.Run()
}

// figures are another matter.
func figures(web, metrics http.Handler, l, m net.Listener) error {
	srv := &http.Server{Handler: web}
	metricsSrv := &http.Server{Handler: metrics}
	failed := make(chan error, 2)
	go func() { failed <- srv.Serve(l) }()
	go func() { failed <- metricsSrv.Serve(m) }()
	err := <-failed
	shutdown(srv)
	return err
}

type doors struct {
	public, inner, late *http.Server
	Known               *http.Server
}

func (d *doors) Start(web http.Handler) {
	d.public = &http.Server{Addr: ":443", Handler: web}
	d.inner = &http.Server{Addr: ":80", Handler: web}
	d.Known = &http.Server{Addr: ":81", Handler: web}
	d.late = &http.Server{Addr: ":82", Handler: web}
	go d.public.ListenAndServe()
	go d.inner.ListenAndServe() // want `nobody stops the server of d.inner.ListenAndServe`
	go d.Known.ListenAndServe()
	go d.late.ListenAndServe()
}

func (d *doors) Stop() {
	shutdown(d.public)
	d.late.Close()
}

func shutdown(srv *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	srv.Shutdown(ctx)
}
