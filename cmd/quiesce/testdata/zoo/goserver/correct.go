// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
)

// correct is the server built with quiesce.
func correct(z *zoo) int {
	app := z.app()
	return z.serve(app, z.handler())
}

func (z *zoo) app() *quiesce.App {
	return quiesce.New("zoo", quiesce.WithGracePeriod(5*time.Second), quiesce.WithReadinessDelay(z.delay))
}

// serve runs the app with a server of h and its probes.
func (z *zoo) serve(app *quiesce.App, h http.Handler, options ...drain.Option) int {
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.Handle("/readyz", app.Readyz())
	mux.Handle("/livez", app.Livez())
	srv := &http.Server{Addr: z.addr, Handler: mux, ReadHeaderTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second, Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	app.Add("http", quiesce.HTTP(srv, options...))
	ignore(syscall.SIGUSR1)
	return app.Main()
}

// ignore takes a signal and does nothing.
func ignore(sig os.Signal) { signal.Notify(make(chan os.Signal, 1), sig) }

// correctStreams is correct without the write timeout, which would end streams.
func correctStreams(z *zoo) int {
	app := z.app()
	app.Add("http", quiesce.HTTP(&http.Server{Addr: z.addr, Handler: z.handler(), ReadHeaderTimeout: 2 * time.Second}, drain.WithPace(50*time.Millisecond, 100)))
	return app.Main()
}

// correctGRPC has its own bounded GracefulStop.
func correctGRPC(z *zoo) int {
	srv := grpc.NewServer()
	state := health.NewServer()
	healthpb.RegisterHealthServer(srv, state)
	return z.grpcLife(srv, func(ctx context.Context) error {
		state.Shutdown()
		done := make(chan struct{})
		go func() {
			srv.GracefulStop()
			close(done)
		}()
		select {
		case <-done:
		case <-ctx.Done():
			srv.Stop()
		}
		return nil
	})
}

func (z *zoo) grpcLife(srv *grpc.Server, stop func(context.Context) error) int {
	app := z.app()
	app.Add("grpc", quiesce.Component{
		Run: func(context.Context) error {
			ln, err := net.Listen("tcp", z.addr)
			if err != nil {
				return err
			}
			return srv.Serve(ln)
		},
		Drain: stop,
	}, quiesce.MayEnd())
	return app.Main()
}

// correctUpgrade starts its successor on USR2, with the socket, and leaves when that
// serves.
func correctUpgrade(z *zoo) int {
	ln, err := z.inherit()
	if err != nil {
		log.Print(err)
		return 1
	}
	app := z.app()
	mux := http.NewServeMux()
	mux.Handle("/", z.handler())
	app.Add("http", quiesce.HTTPOn(&http.Server{Handler: mux}, ln))
	upgrade := make(chan os.Signal, 1)
	signal.Notify(upgrade, syscall.SIGUSR2)
	app.Add("ready", quiesce.Component{Start: func(context.Context) error {
		if ready := os.NewFile(4, "ready"); os.Getenv("ZOO_INHERIT") != "" {
			fmt.Fprintln(ready, "ready")
			return ready.Close()
		}
		return nil
	}})
	go func() {
		for range upgrade {
			if err := z.successor(ln); err != nil {
				log.Print("upgrade: ", err)
				continue
			}
			app.Shutdown(errors.New("the successor serves"))
			return
		}
	}()
	return app.Main()
}

func (z *zoo) inherit() (net.Listener, error) {
	if os.Getenv("ZOO_INHERIT") == "" {
		return net.Listen("tcp", z.addr)
	}
	f := os.NewFile(3, "listener")
	defer f.Close()
	return net.FileListener(f)
}

// successor returns when the successor is ready.
func (z *zoo) successor(ln net.Listener) error {
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	defer socket.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	c := exec.Command(os.Args[0], os.Args[1:]...)
	c.Env = append(os.Environ(), "ZOO_INHERIT=1")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.ExtraFiles = []*os.File{socket, w}
	err = c.Start()
	w.Close()
	if err != nil {
		return err
	}
	if line, err := bufio.NewReader(r).ReadString('\n'); err != nil || strings.TrimSpace(line) != "ready" {
		return fmt.Errorf("successor: %q, %v", line, err)
	}
	return nil
}
