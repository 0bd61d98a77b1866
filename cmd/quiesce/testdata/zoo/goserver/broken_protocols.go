// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// brokenProtocols are broken in what is not HTTP/1.1.
func brokenProtocols() []species {
	return []species{
		{
			Name: "h2-cut", About: "closes HTTP/2 connections with streams in flight", Finds: []string{"requests-h2"}, Also: unclean, URL: overH2C,
			run: byHand(nil, func(l *life) int { l.await(); _ = l.srv.Close(); return 0 }),
		},
		{
			Name: "h2-goaway-early", About: "says GOAWAY and closes the connection before the streams that it had accepted are done", URL: overH2C,
			Finds: []string{"requests-h2"}, Also: unclean,
			run: byHand(slow, func(l *life) int {
				l.await()
				l.each(http.StateActive, func(c net.Conn) {
					_, _ = c.Write(goAway(1<<31 - 1))
					c.Close()
				})
				l.shutdown(time.Second)
				return 0
			}),
		},
		{
			Name: "sse-cut", About: "breaks off event streams", Finds: []string{"requests-sse"}, Also: unclean, URL: overSSE,
			run: byHand(nil, func(l *life) int { l.await(); _ = l.srv.Close(); return 0 }),
		},
		{
			Name: "sse-for-ever", About: "waits for event streams that nobody tells to end", Finds: []string{"exits"}, Also: []string{"exits-in-time", "requests-sse"}, URL: overSSE, Flags: short,
			run: byHand(nil, func(l *life) int { l.await(); l.shutdown(time.Hour); return 0 }),
		},
		{
			Name: "ws-forgotten", About: "forgets websockets: Shutdown knows nothing of them", Finds: []string{"requests-ws"}, Also: unclean, URL: overWS,
			run: byHand(nil, func(l *life) int { l.await(); l.shutdown(time.Second); return 0 }),
		},
		{
			Name: "grpc-stop", About: "calls Stop where GracefulStop is meant", Finds: []string{"requests-grpc"}, Also: unclean, URL: overGRPC,
			run: func(z *zoo) int {
				srv := grpc.NewServer(grpc.UnaryInterceptor(slowly))
				healthpb.RegisterHealthServer(srv, health.NewServer())
				return z.grpcLife(srv, func(context.Context) error { srv.Stop(); return nil })
			},
		},
		{
			Name: "tcp-cut", About: "closes connections without the answer to what it has read", Finds: []string{"requests-tcp"}, Also: unclean, URL: overLines, run: cutLines,
		},
		{
			Name: "upgrade-gap", About: "closes its listener before its successor has one", Finds: []string{"served-throughout"}, Also: anyLost, URL: overHTTP,
			Flags: []string{"--upgrade", "USR2"}, run: upgradeGap,
		},
	}
}

// goAway is the frame that says that streams above last were not begun.
func goAway(last uint32) []byte {
	frame := []byte{0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(frame[9:], last)
	return frame
}

func slowly(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	time.Sleep(10 * time.Millisecond)
	return next(ctx, req)
}

// cutLines takes 10 ms for each line, and exits on the signal.
func cutLines(z *zoo) int {
	ln, err := net.Listen("tcp", z.addr)
	if err != nil {
		log.Print(err)
		return 1
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	never := (<-chan struct{})(make(chan struct{}))
	ctx := context.WithValue(context.Background(), leavingKey{}, never)
	go func() {
		for {
			c, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				go z.lines(ctx, lateConn{c})
			}
		}
	}()
	<-signals
	return 0
}

// A lateConn answers late.
type lateConn struct{ net.Conn }

func (c lateConn) Write(b []byte) (int, error) {
	time.Sleep(10 * time.Millisecond)
	return c.Conn.Write(b)
}

// upgradeGap starts its successor when it has stopped itself.
func upgradeGap(z *zoo) int {
	l := z.newLife(saysGoodbye)
	signal.Notify(l.signals, syscall.SIGUSR2)
	sig := <-l.signals
	l.stopping.Store(true)
	l.shutdown(time.Second)
	if sig == syscall.SIGUSR2 {
		_, err := os.StartProcess(os.Args[0], os.Args, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
		if err != nil {
			log.Print(err)
			return 1
		}
	}
	return 0
}
