// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
)

func TestHTTPNilArguments(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for name, tt := range map[string]struct {
		c    quiesce.Component
		want string
	}{
		"server":             {quiesce.HTTP(nil), "drain: nil *http.Server"},
		"server on listener": {quiesce.HTTPOn(nil, ln), "drain: nil *http.Server"},
		"listener":           {quiesce.HTTPOn(&http.Server{}, nil), "drain: nil net.Listener"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tt.c.Start(t.Context()); err == nil || err.Error() != tt.want {
				t.Errorf("Start = %v, want %s", err, tt.want)
			}
			if !tt.c.Serves {
				t.Error("Serves = false, want true")
			}
		})
	}
}

// An app's stop reaches handlers with its cause, after the announce phase, and
// ends the server.
func TestHTTPDrainsInApp(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("a new version")
	began := make(chan struct{})
	app := quiesce.New("shop", quiesce.WithGracePeriod(20*time.Second))
	app.Add("http", quiesce.HTTPOn(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		h := drain.From(r.Context())
		<-h.Done()
		if err := h.Cause(); !errors.Is(err, drain.ErrDraining) || !errors.Is(err, why) {
			t.Errorf("cause of the drain = %v, want %v", err, why)
		}
		if app.State() != quiesce.StateDraining || r.Context().Err() != nil {
			t.Errorf("state = %v, context: %v; want draining, nil", app.State(), r.Context().Err())
		}
	})}, ln))
	ran := make(chan error, 1)
	go func() { ran <- app.Run(context.Background()) }()
	got := make(chan error, 1)
	go func() {
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + ln.Addr().String())
		if err == nil {
			err = resp.Body.Close()
		}
		got <- err
	}()
	<-began
	app.Shutdown(why)
	if err := <-got; err != nil {
		t.Errorf("GET = %v, want nil", err)
	}
	if err := <-ran; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if c, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		c.Close()
		t.Error("the port is still open")
	}
	wantInFlight(t, app.Report())
}

// wantInFlight asserts that the report tells of the request that was in flight.
func wantInFlight(t *testing.T, report *quiesce.Report) {
	t.Helper()
	var stages []string
	for _, f := range report.InFlight {
		stages = append(stages, f.Stage)
		if f.Component != "http" || f.At < 0 || f.At > report.Took {
			t.Errorf("in flight: %+v", f)
		}
	}
	if !slices.Equal(stages, []string{"notice", "advise", "drain"}) || report.InFlight[0].Open != (drain.Counts{Busy: 1}) {
		t.Errorf("in flight: %+v", report.InFlight)
	}
	if text := report.Text(); !strings.Contains(text, "  in flight, http: 1 busy at notice (") {
		t.Errorf("the report's text does not tell of it:\n%s", text)
	}
}

// A drain that overruns is in the report by its holders, and Stop closes them.
func TestHTTPOverrunNamesHolders(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	began := make(chan struct{})
	app := quiesce.New("shop", quiesce.WithGracePeriod(500*time.Millisecond))
	app.Add("http", quiesce.HTTPOn(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	})}, ln, drain.WithRequests(func(r *http.Request) string { return r.Method + " " + r.URL.Path })))
	ran := make(chan error, 1)
	go func() { ran <- app.Run(context.Background()) }()
	got := make(chan error, 1)
	go func() {
		resp, err := http.Get("http://" + ln.Addr().String() + "/slow")
		if err == nil {
			resp.Body.Close()
		}
		got <- err
	}()
	<-began
	app.Shutdown(nil)
	<-got
	e, ok := errors.AsType[*drain.OverrunError](<-ran)
	if !ok || len(e.Requests) != 1 || e.Requests[0].Who != "GET /slow" {
		t.Errorf("Run = %v, want an overrun that names GET /slow", e)
	}
}
