// SPDX-License-Identifier: Apache-2.0

package drain_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
)

// A lobby is an in-memory listener that works in a synctest bubble.
type lobby struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newLobby() *lobby { return &lobby{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (l *lobby) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *lobby) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *lobby) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

// client returns Go's own, with connections of its own.
func (l *lobby) client() *http.Client {
	dial := func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		select {
		case l.conns <- server:
			return client, nil
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}}
}

// An answer is what matters of one: its status, whether the client was told to leave
// and when to try again.
type answer struct {
	status int
	told   bool
	retry  string
}

func get(c *http.Client, path string) (answer, error) {
	resp, err := c.Get("http://test" + path)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return answer{resp.StatusCode, resp.Close, resp.Header.Get("Retry-After")}, err
}

func wantAnswer(t *testing.T, c *http.Client, path string, want answer) {
	t.Helper()
	if got, err := get(c, path); err != nil || got != want {
		t.Errorf("GET %s = %+v, %v; want %+v", path, got, err, want)
	}
}

// begin sends a request whose answer comes later.
func begin(c *http.Client, path string) <-chan error {
	done := make(chan error, 1)
	go func() {
		a, err := get(c, path)
		if err == nil && a.status != http.StatusOK {
			err = errors.New(http.StatusText(a.status))
		}
		done <- err
	}()
	synctest.Wait()
	return done
}

// A history notes in which order things happened.
type history struct {
	mu   sync.Mutex
	seen []string
}

func (h *history) note(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = append(h.seen, what)
}

// apiserver is an app with one server, which has requests that last and its probes.
func apiserver(release <-chan struct{}, h *history) (*quiesce.App, *lobby) {
	app := quiesce.New("apiserver", quiesce.WithGracePeriod(time.Minute), quiesce.WithReadinessDelay(5*time.Second))
	mux := http.NewServeMux()
	mux.Handle("/readyz", app.Readyz())
	mux.Handle("/livez", app.Livez())
	mux.HandleFunc("/echo", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "echo") })
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { <-release })
	mux.HandleFunc("/watch", func(_ http.ResponseWriter, r *http.Request) {
		l := drain.From(r.Context()).Long("watch")
		defer l.End()
		<-l.Turn()
	})
	l := newLobby()
	app.Add("http", quiesce.HTTPOn(&http.Server{Handler: mux}, l,
		drain.WithPace(0, 0), drain.WithStages(func(s drain.Stage) { h.note(s.String()) })))
	return app, l
}

// apiserver, TestGracefulTerminationWithKeepListeningDuringGracefulTerminationDisabled
// and …Enabled: the order of a stop, from readiness over the delay and the hooks to
// the last request and, after it, the audit log. Up to the end of the delay and of the
// hooks everything is served, also over new connections, although readiness is off.
// Requests and watches in flight are finished. Theirs then refuses what still comes,
// by closing the listener or with 429 over a listener that stays open until nothing
// is in flight. Ours closes the listener and answers what comes over connections that
// are open: what can be done need not be asked for again.
func TestTerminationInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := new(history)
		release, hook := make(chan struct{}), make(chan struct{})
		app, l := apiserver(release, seen)
		if err := errors.Join(
			app.OnAnnounce("hook", func(context.Context) error { <-hook; seen.note("hook"); return nil }),
			app.OnFlush("audit", func(context.Context) error { seen.note("audit"); return nil }),
		); err != nil {
			t.Fatal(err)
		}
		ran := make(chan error, 1)
		go func() { ran <- app.Run(t.Context()) }()
		synctest.Wait()
		kept := l.client()
		wantAnswer(t, kept, "/readyz", answer{status: http.StatusOK})
		slow, watch := begin(l.client(), "/slow"), begin(l.client(), "/watch")

		app.Shutdown(nil)
		stillServed := func() {
			t.Helper()
			synctest.Wait()
			wantAnswer(t, kept, "/readyz", answer{status: http.StatusServiceUnavailable})
			wantAnswer(t, kept, "/livez", answer{status: http.StatusOK})
			wantAnswer(t, kept, "/echo", answer{status: http.StatusOK})
			fresh := l.client()
			wantAnswer(t, fresh, "/echo", answer{status: http.StatusOK})
			fresh.CloseIdleConnections()
		}
		stillServed()
		time.Sleep(5*time.Second - time.Nanosecond)
		stillServed()
		time.Sleep(time.Second) // the delay is over, the hook is not
		stillServed()

		close(hook)
		synctest.Wait()
		if err := <-watch; err != nil {
			t.Errorf("the watch: %v", err)
		}
		wantAnswer(t, kept, "/echo", answer{status: http.StatusOK, told: true})
		time.Sleep(2 * time.Second)
		if a, err := get(l.client(), "/echo"); err == nil {
			t.Errorf("over a new connection: %+v", a)
		}
		seen.note("released")
		close(release)
		if err := <-slow; err != nil {
			t.Errorf("the request in flight: %v", err)
		}
		if err := <-ran; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		if want := []string{"notice", "hook", "advise", "drain", "released", "audit"}; !slices.Equal(seen.seen, want) {
			t.Errorf("order %q, want %q", seen.seen, want)
		}
	})
}

// apiserver, TestPreShutdownHooks: a hook that runs before the drain can use the
// server, over new connections and for longer than the readiness delay. Theirs are
// hooks of the server; here they are those of the announce phase.
func TestAnnounceHooksUseTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := new(history)
		app, l := apiserver(nil, seen)
		err := app.OnAnnounce("deregister", func(context.Context) error {
			time.Sleep(5 * time.Second) // the delay
			for range 5 {
				c := l.client()
				wantAnswer(t, c, "/echo", answer{status: http.StatusOK})
				c.CloseIdleConnections()
				time.Sleep(time.Second)
			}
			seen.note("hook")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ran := make(chan error, 1)
		go func() { ran <- app.Run(t.Context()) }()
		synctest.Wait()
		app.Shutdown(nil)
		if err := <-ran; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		if want := []string{"notice", "hook", "advise", "drain"}; !slices.Equal(seen.seen, want) {
			t.Errorf("order %q, want %q", seen.seen, want)
		}
	})
}

// apiserver, TestWithRetryAfter: what comes late. Theirs answers 429 with Retry-After
// and Connection: close, but serves probes and its own loopback requests as ever. Here
// everything is served, and told to leave: a client that asks again only costs more,
// and an exemption is needed only where something is refused; there it is a matter of
// classes, as TestExemptWorkIsNeverRefused has it. Before the drain nobody is told.
func TestLateRequestsAreAnswered(t *testing.T) {
	for _, path := range []string{"/echo", "/livez", "/readyz"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				l, mux := newLobby(), http.NewServeMux()
				mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { <-release })
				mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
				s := drain.NewServer(&http.Server{Handler: mux}, drain.WithListener(l))
				served := make(chan error, 1)
				go func() { served <- s.ListenAndServe(context.Background()) }()
				c := l.client()
				wantAnswer(t, c, path, answer{status: http.StatusOK})
				slow := begin(c, "/slow")
				drained := make(chan error, 1)
				go func() { drained <- s.Drain(context.Background()) }()
				synctest.Wait()
				if a, err := get(l.client(), path); err == nil {
					t.Errorf("over a new connection: %+v", a)
				}
				close(release)
				if err := <-slow; err != nil {
					t.Errorf("the request in flight: %v", err)
				}
				wantAnswer(t, c, path, answer{status: http.StatusOK, told: true})
				if err := errors.Join(<-drained, <-served); err != nil {
					t.Errorf("Drain and Serve: %v", err)
				}
			})
		})
	}
}

// apiserver, TestWithRetryAfter, the other half: who refuses work when it is shut does
// not refuse probes, also when everything is drained.
func TestExemptWorkIsNeverRefused(t *testing.T) {
	api, probes := &drain.Class{Name: "api"}, &drain.Class{Name: "probes", Kind: drain.Exempt}
	admit := func(path string) bool {
		class := api
		if path != "/api" {
			class = probes
		}
		ok := class.Enter()
		if ok {
			class.Leave()
		}
		return ok
	}
	want := func(path string, want bool) {
		t.Helper()
		if got := admit(path); got != want {
			t.Errorf("%s admitted: %v, want %v", path, got, want)
		}
	}
	paths := []string{"/metrics", "/livez", "/readyz", "/healthz"}
	for _, path := range append(paths, "/api") {
		want(path, true)
	}
	if err := (drain.Group{probes, api}).Close(t.Context()); err != nil {
		t.Errorf("Close = %v, want nil", err)
	}
	for _, path := range paths {
		want(path, true)
	}
	want("/api", false)
}
