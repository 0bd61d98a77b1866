// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiescetest_test

import (
	"context"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/scope"
)

// leakCases are the tests that a child process runs, as go test would run them, for
// TestLeaks to see what becomes of them. Those whose names begin with Bad have to fail.
var leakCases = map[string][]testing.InternalTest{
	"Parallel": {
		{Name: "BadParallel", F: func(t *testing.T) {
			t.Parallel()
			quiescetest.NoLeaks(t, quick)
			meet.Done()
			meet.Wait() // all are at work
			go receive(make(chan int))
			go func() { go receive(make(chan int)) }()
		}},
		{Name: "Innocent1", F: innocent},
		{Name: "Innocent2", F: innocent},
	},
	"Subtests": {
		{Name: "BadSubtests", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick)
			t.Run("own", func(t *testing.T) {
				quiescetest.NoLeaks(t, quick)
				t.Parallel()
				go receive(make(chan int))
			})
			t.Run("clean", func(t *testing.T) {
				quiescetest.NoLeaks(t, quick)
				t.Parallel()
			})
		}},
		{Name: "BadParent", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick)
			t.Run("sub", func(*testing.T) { go receive(make(chan int)) })
		}},
	},
	"Endings": {
		{Name: "BadFailNow", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick)
			go receive(make(chan int))
			t.FailNow()
		}},
		{Name: "BadSkip", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick)
			go receive(make(chan int))
			t.SkipNow()
		}},
		{Name: "Goexit", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick)
			go runtime.Goexit()
		}},
		{Name: "Cleanup", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick)
			c := make(chan int)
			t.Cleanup(func() { close(c) })
			go receive(c)
		}},
		{Name: "Slow", F: func(t *testing.T) {
			quiescetest.NoLeaks(t)
			go func() { time.Sleep(20 * time.Millisecond) }()
		}},
	},
	"Labels": {
		{Name: "BadDo", F: func(t *testing.T) {
			ctx := quiescetest.NoLeaks(t, quick)
			pprof.Do(ctx, pprof.Labels("job", "import"), func(context.Context) { go receive(make(chan int)) })
		}},
		{Name: "Lost", F: func(t *testing.T) { // as documented
			quiescetest.NoLeaks(t, quick)
			pprof.Do(context.Background(), pprof.Labels("job", "import"), func(context.Context) {})
			go receive(make(chan int))
		}},
	},
	"Again": {
		{Name: "BadOnce", F: func(t *testing.T) { // only in its first run
			quiescetest.NoLeaks(t, quick)
			once.Do(func() { go receive(make(chan int)) })
		}},
	},
	"Allowed": {
		{Name: "Function", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick, quiescetest.AllowGoroutine(here+".receive", "the reason of functions"))
			go receive(make(chan int))
		}},
		{Name: "Label", F: func(t *testing.T) {
			ctx := quiescetest.NoLeaks(t, quick, quiescetest.AllowLabel("job", "import", "the reason of labels"))
			pprof.Do(ctx, pprof.Labels("job", "import"), func(context.Context) { go receive(make(chan int)) })
		}},
		{Name: "BadOther", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick, quiescetest.AllowGoroutine(here+".rec", "x"), quiescetest.AllowLabel("job", "x", "x"), quiescetest.AllowLabel("job", "", "x"))
			go receive(make(chan int))
		}},
	},
	"Scopes": {
		{Name: "BadTask", F: func(t *testing.T) {
			s := scope.New(quiescetest.NoLeaks(t, quick), "shop")
			c := make(chan int)
			keep = append(keep, c) // so that it is not proved
			_ = s.Go(t.Context(), "deaf", func(context.Context) error {
				go receive(c)
				receive(c)
				return nil
			})
		}},
		{Name: "Obedient", F: func(t *testing.T) {
			s := scope.New(quiescetest.NoLeaks(t), "shop")
			_ = s.Go(t.Context(), "poll", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		}},
	},
	"App": {
		{Name: "BadHook", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick)
			app := quiesce.New("shop")
			app.Add("db", quiesce.Component{Start: quiesce.NoCtx(func() error { go receive(make(chan int)); return nil })})
			quiescetest.Start(t, app)
		}},
	},
	"Standing": {
		{Name: "Signals", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick)
			c := make(chan os.Signal, 1)
			signal.Notify(c, syscall.SIGUSR2)
			signal.Stop(c)
		}},
		{Name: "KeepAlive", F: func(t *testing.T) { keepAlive(t, false, func(r *http.Response) { r.Body.Close() }) }},
		{Name: "KeepAlive2", F: func(t *testing.T) { keepAlive(t, true, func(r *http.Response) { r.Body.Close() }) }},
		{Name: "BadBody", F: func(t *testing.T) { keepAlive(t, false, func(*http.Response) {}) }},
	},
	"Bubbles": {
		{Name: "SlowInBubble", F: func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				quiescetest.NoLeaks(t, quiescetest.WithPatience(time.Hour))
				go time.Sleep(59 * time.Minute)
			})
		}},
		{Name: "BadInBubble", F: func(t *testing.T) { // the end of the process: it is the last
			synctest.Test(t, func(t *testing.T) {
				quiescetest.NoLeaks(t, quiescetest.WithPatience(time.Hour))
				go receive(make(chan int))
			})
		}},
	},
	"Stops": {
		{Name: "InTime", F: func(t *testing.T) {
			quiescetest.NoLeaks(t)
			done := false
			quiescetest.AssertStops(t, time.Minute, func() { done = true })
			if !done {
				t.Error("not called")
			}
		}},
		{Name: "BadHang", F: func(t *testing.T) {
			c := make(chan int)
			keep = append(keep, c)
			quiescetest.AssertStops(t, 20*time.Millisecond, func() { go receive(c); receive(c) })
			t.Error("went on")
		}},
		{Name: "BadLeft", F: func(t *testing.T) {
			quiescetest.NoLeaks(t, quick)
			t.Run("sub", func(t *testing.T) {
				quiescetest.AssertStops(t, time.Minute, func() { go receive(make(chan int)) })
			})
		}},
		{Name: "BadGoexit", F: func(t *testing.T) {
			quiescetest.AssertStops(t, time.Minute, t.FailNow)
			t.Error("went on")
		}},
	},
}

const (
	here  = "github.com/go-quiesce/quiesce/quiescetest_test"
	cases = 20 * time.Millisecond
)

var (
	quick = quiescetest.WithPatience(cases)
	meet  sync.WaitGroup // of the tests that run in parallel
	once  sync.Once
	keep  []chan int // what the garbage collector is to find
)

func receive(c chan int) { <-c }

// innocent starts goroutines that are there while another test is checked, and
// longer.
func innocent(t *testing.T) {
	t.Parallel()
	quiescetest.NoLeaks(t)
	c := make(chan int)
	for range 10 {
		go receive(c)
	}
	meet.Done()
	meet.Wait()
	time.Sleep(5 * cases)
	close(c)
}

// keepAlive leaves an idle connection, or whatever end makes of it.
func keepAlive(t *testing.T, http2 bool, end func(*http.Response)) {
	quiescetest.NoLeaks(t, quick)
	srv := servers[http2]
	own := &http.Client{Transport: srv.Client().Transport.(*http.Transport).Clone()} // no connection of another test
	r, err := own.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.CopyN(io.Discard, r.Body, 1)
	end(r)
}

// servers with HTTP/2 or without are older than the tests and outlive them, so that idle
// connections do too.
var servers = map[bool]*httptest.Server{}

func serveHTTP(http2 bool) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 1<<16))
	}))
	srv.EnableHTTP2 = http2
	if http2 {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	servers[http2] = srv
}

// leaksChild runs the cases of a name.
func leaksChild() {
	name := os.Args[1]
	os.Args = append(os.Args[:1], os.Args[2:]...)
	flag.Parse()
	meet.Add(len(leakCases["Parallel"]))
	serveHTTP(false)
	serveHTTP(true)
	testing.Main(func(string, string) (bool, error) { return true, nil }, leakCases[name], nil, nil)
}

// mains are what a package's tests may do, and return.
var mains = map[string]func() int{
	"clean":  func() int { go runtime.Gosched(); return 0 },
	"leak":   func() int { go receive(make(chan int)); return 0 },
	"failed": func() int { go receive(make(chan int)); return 3 },
}

type fakeM func() int

func (m fakeM) Run() int { return m() }

// mainChild is a package's TestMain.
func mainChild() {
	go receive(make(chan int)) // as if in an init: it may not have begun yet
	os.Exit(quiescetest.RunNoLeaks(fakeM(mains[os.Args[1]]), quick))
}
