// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// h04 is about the end of Serve and its kin.
func h04() claim.Claim {
	return claim.Claim{
		ID:       "H04",
		Told:     "ListenAndServe returns only after Shutdown has finished, so main may return after it.",
		Programs: map[string]func(){"main": mainEndsWithServe},
		Trial: func(x *claim.Trial) {
			serveReturnsFirst(x)
			mainReturnsFirst(x)
			serveAgain(x)
			listenerClosed(x)
		},
		So:      "Let main wait for the return of Shutdown, not for that of Serve. ErrServerClosed from Serve means that somebody asked for the end; any other error is a failure.",
		Covered: []string{"quiesce.HTTP", "quiesce.App.Main"},
		Vet:     "a main that returns after ListenAndServe while Shutdown is called elsewhere and nobody waits for it",
	}
}

func serveReturnsFirst(x *claim.Trial) {
	h := newHeld(x)
	s := newSite(x, h)
	c, _ := inFlight(x, s, h)
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(x.Context()) }()
	err := <-s.ended
	early := h.running.Load() == 1
	x.Told(!early, "ListenAndServe returns when no request is running any more")
	h.open()
	answered, _ := c.answer()
	x.Fact(err == http.ErrServerClosed && early && answered && <-done == nil, "ListenAndServe returns http.ErrServerClosed as soon as Shutdown has closed its listener; the request in flight is then still running, and Shutdown waits for it alone.")
}

// mainEndsWithServe is the program as it is usually written.
func mainEndsWithServe() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		fmt.Println("begun")
		untilStdinEnds()
	})}
	told := notified(1, syscall.SIGTERM)
	go func() {
		<-told
		_ = srv.Shutdown(context.Background())
	}()
	fmt.Println("ready", l.Addr())
	_ = srv.Serve(l)
}

func mainReturnsFirst(x *claim.Trial) {
	p := x.Start("main")
	_, addr, _ := strings.Cut(p.Ready(), " ")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		x.Fatal(err)
	}
	defer conn.Close()
	c := newClient(conn)
	c.send(request)
	p.Await("begun")
	p.Signal(syscall.SIGTERM)
	r := p.Wait()
	answered, _ := c.answer()
	x.Told(answered, "a main that returns after Serve: the request in flight is answered")
	x.Fact(r.Code == 0 && !answered, "A main that returns when Serve has returned ends the process in the middle of Shutdown: the client's connection breaks, and the exit code is 0.")
}

func serveAgain(x *claim.Trial) {
	var srv http.Server
	before := srv.Shutdown(x.Context())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		x.Fatal(err)
	}
	serveErr := srv.Serve(l)
	_, acceptErr := l.Accept()
	x.Fact(before == nil && serveErr == http.ErrServerClosed && errors.Is(acceptErr, net.ErrClosed), "After Shutdown, even of a server that never served, Serve closes its listener and returns http.ErrServerClosed at once.")
	srv.Addr = "no such address"
	x.Fact(srv.ListenAndServe() == http.ErrServerClosed, "ListenAndServe then returns the same without looking at its address.")
}

func listenerClosed(x *claim.Trial) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		x.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(ok)}
	x.Cleanup(func() { srv.Close() })
	done := make(chan error)
	go func() { done <- srv.Serve(l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		x.Fatal(err)
	}
	c := newClient(conn)
	c.send(request)
	first, _ := c.answer()
	l.Close()
	serveErr := <-done
	c.send(request)
	second, _ := c.answer()
	x.Fact(first && second && serveErr != http.ErrServerClosed && errors.Is(serveErr, net.ErrClosed), "If somebody else closes the listener Serve returns the error of Accept (net.ErrClosed), and connections that are open are served on.")
}
