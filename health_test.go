// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// probe asks a handler and returns what it answers: "200 {…}".
func probe(ctx context.Context, app *quiesce.App, path string) string {
	w := httptest.NewRecorder()
	app.Probes().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
	if w.Header().Get("Cache-Control") != "no-store" || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		return "headers " + w.Header().Get("Cache-Control") + ", " + w.Header().Get("Content-Type")
	}
	return http.StatusText(w.Code) + " " + strings.TrimSpace(w.Body.String())
}

// Liveness is 200 until the outer components have stopped, readiness only while
// the app is running.
func TestProbesThroughALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop")
		look := func(where string, live, ready string) {
			t.Helper()
			if got := probe(t.Context(), app, "/livez"); got != live {
				t.Errorf("%s: livez says %s, want %s", where, got, live)
			}
			if got := probe(t.Context(), app, "/readyz"); got != ready {
				t.Errorf("%s: readyz says %s, want %s", where, got, ready)
			}
		}
		hook := func(where, live, ready string) func(context.Context) error {
			return quiesce.NoCtx(func() error { look(where, live, ready); return nil })
		}
		const ok, no = "OK", "Service Unavailable"
		app.Add("admin", quiesce.Component{
			Start: hook("outer start", ok+` {"ok":true,"state":"starting"}`, no+` {"ok":false,"state":"starting"}`),
			Stop:  hook("outer stop", ok+` {"ok":true,"state":"stopping"}`, no+` {"ok":false,"state":"stopping"}`),
		}, quiesce.Outer())
		app.Add("http", quiesce.Component{
			Drain: hook("drain", ok+` {"ok":true,"state":"draining"}`, no+` {"ok":false,"state":"draining"}`),
		})
		look("new", ok+` {"ok":true,"state":"new"}`, no+` {"ok":false,"state":"new"}`)
		r := quiescetest.Start(t, app)
		look("running", ok+` {"ok":true,"state":"running"}`, ok+` {"ok":true,"state":"running"}`)
		r.Shutdown(nil)
		r.Wait()
		look("stopped", no+` {"ok":false,"state":"stopped"}`, no+` {"ok":false,"state":"stopped"}`)
	})
}

// Checks that fail, panic or exit make the app not ready, by name and in order,
// and nothing else.
func TestChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop")
		app.Add("db", quiesce.Component{Stop: quiesce.Nothing})
		quiescetest.Start(t, app)
		app.Check("fine", quiesce.Nothing)
		app.Check("cache", quiesce.Nothing)
		app.Check("cache", quiesce.NoCtx(func() error { return errors.New("cold") })) // replaces the first
		app.Check("broker", quiesce.NoCtx(func() error { panic("oh no") }))
		app.Check("exit", quiesce.NoCtx(func() error { runtime.Goexit(); return nil }))
		want := `Service Unavailable {"ok":false,"state":"running","failing":["broker: panic: oh no","cache: cold","exit: runtime.Goexit was called"]}`
		if got := probe(t.Context(), app, "/readyz"); got != want {
			t.Errorf("readyz says %s, want %s", got, want)
		}
		if !app.Ready() || probe(t.Context(), app, "/livez") != `OK {"ok":true,"state":"running"}` {
			t.Error("failing checks change more than readyz")
		}
		for _, name := range []string{"cache", "broker", "exit", "not there"} {
			app.Check(name, nil)
		}
		if got := probe(t.Context(), app, "/readyz"); got != `OK {"ok":true,"state":"running"}` {
			t.Errorf("without failing checks readyz says %s", got)
		}
	})
}

// A check that hangs holds the request no longer than its context says.
func TestCheckThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		t.Cleanup(func() { close(release) })
		app := quiesce.New("shop")
		app.Add("db", quiesce.Component{Stop: quiesce.Nothing})
		quiescetest.Start(t, app)
		app.Check("db", func(context.Context) error { <-release; return nil })
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("probe timeout"))
		defer cancel()
		want := `Service Unavailable {"ok":false,"state":"running","failing":["checks: probe timeout"]}`
		if got := probe(ctx, app, "/readyz"); got != want {
			t.Errorf("readyz says %s, want %s", got, want)
		}
	})
}

// A stop that begins while checks run is seen by the answer.
func TestReadyzDuringWhichTheAppStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("shop")
		app.Add("db", quiesce.Component{Stop: quiesce.NoCtx(func() error { time.Sleep(time.Second); return nil })})
		quiescetest.Start(t, app)
		app.Check("slow", quiesce.NoCtx(func() error { app.Shutdown(nil); return nil }))
		if got := probe(t.Context(), app, "/readyz"); !strings.HasPrefix(got, "Service Unavailable") {
			t.Errorf("readyz says %s", got)
		}
	})
}
