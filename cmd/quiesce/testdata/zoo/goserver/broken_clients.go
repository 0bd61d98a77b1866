// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// brokenClients fail only with clients that do something special.
func brokenClients() []species {
	return []species{
		{
			Name: "waits-for-the-silent", About: "waits for connections that have said nothing", Finds: []string{"handshake"}, URL: overHTTP,
			Flags: append(only("handshake"), short...),
			run: byHand(saysGoodbye, func(l *life) int {
				l.await()
				l.shutdown(time.Second)
				return l.waitFor(http.StateNew)
			}),
		},
		{
			Name: "cuts-bodies", About: "cuts requests whose bodies are half there", Finds: []string{"half-body"}, URL: overHTTP, Flags: only("body"),
			run: byHand(saysGoodbye, func(l *life) int {
				l.await()
				l.each(http.StateActive, func(c net.Conn) { _ = c.SetReadDeadline(time.Now()) })
				l.shutdown(time.Second)
				return 0
			}),
		},
		{
			Name: "cuts-the-idle", About: "takes a request on an idle connection after the signal, and closes it", URL: overHTTP,
			Finds: []string{"idle-connections"}, Flags: only("idle"),
			run: byHand(spoils(func(http.ResponseWriter) { panic(http.ErrAbortHandler) }), func(l *life) int {
				l.await()
				time.Sleep(300 * time.Millisecond)
				l.shutdown(time.Second)
				return 0
			}),
		},
		{
			Name: "stopped-clock", About: "takes a pause of its own for a dead client, and gives up what is in flight", URL: overHTTP,
			Finds: []string{"stop-continue"}, Flags: only("stop_cont"),
			run: byHand(saysGoodbye, func(l *life) int {
				go l.watchdog(25 * time.Millisecond)
				return aWhile(l)
			}),
		},
		{
			Name: "worker-in-the-group", About: "its worker process is ended by a signal to the group", Finds: []string{"process-group"}, URL: overHTTP,
			Flags: only("group"), run: withWorker,
		},
		{
			Name: "cuts-slow-readers", About: "cuts clients that read slowly", Finds: []string{"slow-client"}, URL: overHTTP,
			Flags: only("slow_client"),
			run: byHand(saysGoodbye, func(l *life) int {
				l.await()
				l.each(http.StateActive, func(c net.Conn) { _ = c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)) })
				l.shutdown(3 * time.Second)
				return 0
			}),
		},
		{
			Name: "waits-for-never-readers", About: "waits for clients that never read, without a bound", Finds: []string{"never-reads"}, URL: overHTTP,
			Flags: append(only("never_reads"), short...),
			run:   byHand(saysGoodbye, func(l *life) int { l.await(); l.shutdown(time.Hour); return 0 }),
		},
		{
			Name: "half-is-gone", About: "takes a client that has closed its half for one that has gone", Finds: []string{"half-open"}, URL: overHTTP,
			Flags: only("half_open"), run: byHand(halfIsGone, aWhile),
		},
	}
}

// waitFor waits until no connection is in state s.
func (l *life) waitFor(s http.ConnState) int {
	for left := true; left; time.Sleep(time.Millisecond) {
		left = false
		l.each(s, func(c net.Conn) { left = true })
	}
	return 0
}

// watchdog closes the connections of requests in flight when the clock has jumped.
func (l *life) watchdog(jump time.Duration) {
	for last := time.Now(); ; time.Sleep(time.Millisecond) {
		now := time.Now()
		if now.Sub(last) > jump {
			l.conns.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		}
		last = now
	}
}

func halfIsGone(l *life, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		case <-time.After(5 * time.Millisecond):
		}
		saysGoodbye(l, h).ServeHTTP(w, r)
	})
}

// withWorker answers what a process of its own says.
func withWorker(z *zoo) int {
	if os.Getenv("ZOO_WORKER") != "" {
		_, _ = io.Copy(os.Stdout, os.Stdin)
		return 0
	}
	worker := newWorker(z)
	return byHand(func(l *life, h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := worker.ask(r.Context()); err != nil {
				log.Print(err)
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			saysGoodbye(l, h).ServeHTTP(w, r)
		})
	}, aWhile)(z)
}

// A worker is a child process that echoes lines.
type worker struct {
	turn chan struct{} // held by who asks
	in   io.Writer
	out  io.Reader
}

func newWorker(z *zoo) *worker {
	r1, w1, err1 := os.Pipe()
	r2, w2, err2 := os.Pipe()
	if err1 != nil || err2 != nil {
		log.Fatal(err1, err2)
	}
	_, err := os.StartProcess(os.Args[0], []string{os.Args[0], "-species", z.species.Name, "-dir", z.dir}, &os.ProcAttr{
		Env: append(os.Environ(), "ZOO_WORKER=1"), Files: []*os.File{r1, w2, os.Stderr},
	})
	if err != nil {
		log.Fatal(err)
	}
	r1.Close()
	w2.Close()
	signal.Ignore(syscall.SIGPIPE)
	return &worker{turn: make(chan struct{}, 1), in: w1, out: r2}
}

func (w *worker) ask(context.Context) error {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	const line = "are you there\n"
	if _, err := io.WriteString(w.in, line); err != nil {
		return err
	}
	answer := make([]byte, len(line))
	if _, err := io.ReadFull(w.out, answer); err != nil {
		return err
	}
	if !strings.HasPrefix(line, string(answer)) {
		return fmt.Errorf("worker: %q", answer)
	}
	return nil
}
