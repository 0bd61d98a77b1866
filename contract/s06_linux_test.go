// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// s06 is about HTTP/2 and SIGUSR1.
func s06() claim.Claim {
	return claim.Claim{
		ID:   "S06",
		Told: "SIGUSR1 is ignored because importing the HTTP/2 package calls signal.Ignore for it.",
		Programs: map[string]func(){
			"http2":   func() { serveHTTP2(); fmt.Println("ignored:", signal.Ignored(syscall.SIGUSR1)); answering() },
			"listens": func() { serveHTTP2(); c := notified(1, syscall.SIGUSR1); ready(); fmt.Println(<-c) },
		},
		Trial: func(x *claim.Trial) {
			with := newSubject(x, x.Program("http2"))
			without := newSubject(x, quiescetest.Command{Args: []string{x.Build("plain", nil)}})
			a, b := processMasks(with.pid), processMasks(without.pid)
			didWith, didWithout := with.take(syscall.SIGUSR1), without.take(syscall.SIGUSR1)
			x.Told(a.ignored.has(syscall.SIGUSR1), "in a program that serves HTTP/2 SIGUSR1 is among the signals that the process ignores")
			x.Told(strings.Contains(with.Stdout(), "ignored: true"), "there signal.Ignored reports it")
			x.Told(didWithout.ends(), "a program without net/http dies of it")
			x.Fact(didWith == goesOn && didWithout == goesOn && a.ignored&named == b.ignored&named && a.caught&named == b.caught&named,
				"SIGUSR1 does nothing in either program, with HTTP/2 or without: both catch and ignore the same of the signals 1 to 31 (SigCgt and SigIgn in /proc/PID/status).")
			imports := func(pkg, other string) bool {
				return slices.Contains(strings.Fields(x.GoTool(nil, "list", "-deps", pkg)), other)
			}
			x.Fact(!imports("net/http", "os/signal") && !imports("./testdata/programs/plain", "net/http"),
				"net/http, HTTP/2 included, does not even import os/signal (`go list -deps net/http`).")
			p := x.Start("listens")
			p.Signal(syscall.SIGUSR1)
			x.Fact(p.Wait().Stdout == "ready\nuser defined signal 1\n", "A program that serves HTTP/2 and listens to SIGUSR1 receives it.")
		},
		So:      "Whatever is linked in, SIGUSR1 needs a listener of its own to mean something. Nothing in the standard library takes it or ignores it.",
		Covered: []string{"sigmux.Mux.Handle"},
	}
}

// named are the signals 1 to 31. Which of the others the runtime catches depends
// on whether the C library is linked in.
const named = sigset(1<<31 - 1)

// serveHTTP2 starts a server that speaks HTTP/2 and makes a request.
func serveHTTP2() {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.EnableHTTP2 = true
	srv.StartTLS()
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
	if resp.ProtoMajor != 2 {
		panic(resp.Proto)
	}
}
