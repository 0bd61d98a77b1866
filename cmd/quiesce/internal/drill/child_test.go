// SPDX-License-Identifier: Apache-2.0

//go:build linux

package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
)

// childVariable says which server the test binary is to be.
const childVariable = "DRILL_TEST_SERVER"

// storeVariable is a folder for what servers keep.
const storeVariable = "DRILL_TEST_STORE"

// readinessDelay is what the servers spend that are built with quiesce: several times what
// a busy machine takes to let the drill see that readiness is off, and turn its clients.
const readinessDelay = 200 * time.Millisecond

// servers are those that the tests drill: correct, or broken as their name says.
var servers = map[string]func(){
	"correct":       func() { serveWith(0) },
	"delaying":      func() { serveWith(readinessDelay) },
	"drops":         serveAndDrop,
	"exits-1":       serveAndExit1,
	"ignores-term":  serveForever,
	"leaves-child":  serveAndLeave,
	"forgets":       serveAndForget,
	"ends-at-once":  func() { fmt.Println("no database"); os.Exit(9) },
	"dies-at-third": serveThrice,
	"upgrades":      func() { serveAndUpgrade(succeed, nil) },
	"execs":         func() { serveAndUpgrade(nil, become) },
	"execs-leaves":  func() { leave(); serveAndUpgrade(nil, become) },
	"lines":         serveLines,
	"no-upgrade":    func() { signal.Ignore(syscall.SIGUSR2); serveWith(0) },
}

func TestMain(m *testing.M) {
	target.Guard()
	if serve := servers[os.Getenv(childVariable)]; serve != nil {
		serve()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// counted counts the requests that h begins and finishes, other than those of probes.
type counted struct {
	h               http.Handler
	Began, Finished atomic.Int64
}

func (c *counted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.UserAgent() != probeAgent {
		c.Began.Add(1)
		defer c.Finished.Add(1)
	}
	c.h.ServeHTTP(w, r)
}

// write tells the drill the count.
func (c *counted) write() {
	put(os.Getenv(countVariable), map[string]int64{"began": c.Began.Load(), "finished": c.Finished.Load()})
}

func put(path string, v any) {
	data, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(9)
	}
}

func addr() string { return "127.0.0.1:" + os.Getenv(portVariable) }

// hello answers, after a moment, and keeps what it is told to keep in files.
func hello() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") })
	mux.HandleFunc("PUT /keep/{id}", func(w http.ResponseWriter, r *http.Request) {
		if err := os.WriteFile(stored(r), nil, 0o644); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /keep/{id}", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, stored(r)) })
	return mux
}

func stored(r *http.Request) string {
	return filepath.Join(os.Getenv(storeVariable), r.PathValue("id"))
}

// serveWith is how it is done with quiesce.
func serveWith(delay time.Duration) {
	app := quiesce.New("correct", quiesce.WithReadinessDelay(delay), quiesce.WithGracePeriod(3*time.Second))
	mux := hello()
	mux.Handle("/readyz", app.Readyz())
	mux.Handle("/livez", app.Livez())
	c := &counted{h: mux}
	app.Add("http", quiesce.HTTP(&http.Server{Addr: addr(), Handler: c}))
	code := app.Main()
	c.write()
	put(os.Getenv(reportVariable), app.Report())
	os.Exit(code)
}

// terminated returns what ends with SIGTERM.
func terminated() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	return ctx
}

// start serves without quiesce.
func startServer(h http.Handler) *http.Server {
	s := &http.Server{Addr: addr(), Handler: h}
	go s.ListenAndServe()
	return s
}

// serveAndDrop closes its connections whatever is on them.
func serveAndDrop() {
	ctx := terminated()
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Millisecond)
		fmt.Fprintln(w, "hello")
	})
	s := startServer(slow)
	<-ctx.Done()
	s.Close()
}

// serveAndExit1 says that it has failed. It is correct otherwise.
func serveAndExit1() {
	ctx := terminated()
	app := quiesce.New("exits", quiesce.WithGracePeriod(3*time.Second))
	app.Add("http", quiesce.HTTP(&http.Server{Addr: addr(), Handler: hello()}))
	if err := app.Run(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("the last words")
	os.Exit(1)
}

// serveForever has no ear for SIGTERM.
func serveForever() {
	signal.Ignore(syscall.SIGTERM)
	startServer(hello())
	select {}
}

// serveAndLeave leaves a process behind.
func serveAndLeave() {
	ctx := terminated()
	leave()
	app := quiesce.New("leaves", quiesce.WithGracePeriod(3*time.Second))
	app.Add("http", quiesce.HTTP(&http.Server{Addr: addr(), Handler: hello()}))
	app.Run(ctx)
}

func leave() {
	if err := exec.Command("sleep", "1000").Start(); err != nil {
		fmt.Println(err)
		os.Exit(9)
	}
}

// serveAndForget acknowledges writes that it has not stored.
func serveAndForget() {
	app := quiesce.New("forgets", quiesce.WithGracePeriod(3*time.Second))
	app.Add("http", quiesce.HTTP(&http.Server{Addr: addr(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path != "/" {
			http.NotFound(w, r)
		}
	})}))
	os.Exit(app.Main())
}

// serveLines gives every line back.
func serveLines() {
	ctx := terminated()
	ln, err := net.Listen("tcp", addr())
	if err != nil {
		fmt.Println(err)
		os.Exit(9)
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go io.Copy(conn, conn)
		}
	}()
	<-ctx.Done()
}

// serveThrice can be started twice.
func serveThrice() {
	path := filepath.Join(os.Getenv(storeVariable), "starts")
	data, _ := os.ReadFile(path)
	if len(data) == 2 {
		fmt.Println("the disk is full")
		os.Exit(9)
	}
	if err := os.WriteFile(path, append(data, '.'), 0o644); err != nil {
		fmt.Println(err)
		os.Exit(9)
	}
	serveWith(0)
}

// inheritVariable has the descriptor of the listener. If that is 3, descriptor 4 gets a
// byte when it is served.
const inheritVariable = "DRILL_TEST_INHERIT"

// serveAndUpgrade hands the listener over on SIGUSR2: to a successor before it accepts no
// more, or when its own clients have gone. It cannot have Shutdown for that, which drops a
// request that is being read.
func serveAndUpgrade(before, after func(net.Listener) error) {
	upgrade := make(chan os.Signal, 1)
	signal.Notify(upgrade, syscall.SIGUSR2)
	ln, err := inherit()
	if err != nil {
		fmt.Println(err)
		os.Exit(9)
	}
	var clients sync.WaitGroup
	s := &http.Server{Handler: hello(), ConnState: func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			clients.Add(1)
		case http.StateClosed:
			clients.Done()
		}
	}}
	ended := make(chan error)
	go func() { ended <- s.Serve(untilLate{ln}) }()
	if ready := os.NewFile(4, "ready"); os.Getenv(inheritVariable) == "3" {
		ready.Write([]byte{1})
		ready.Close()
	}
	<-upgrade
	hand := func(over func(net.Listener) error) {
		if over == nil {
			return
		}
		if err := over(ln); err != nil {
			fmt.Println(err)
			os.Exit(9)
		}
	}
	hand(before)
	ln.(*net.TCPListener).SetDeadline(time.Now())
	<-ended
	clients.Wait()
	hand(after)
}

// become makes the process one that has just been started, but for the listener.
func become(ln net.Listener) error {
	raw, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		return err
	}
	const unused = 100
	var failed error
	err = raw.Control(func(fd uintptr) {
		if failed = syscall.Dup3(int(fd), unused, 0); failed == nil {
			failed = syscall.Exec("/proc/self/exe", os.Args, append([]string{inheritVariable + "=" + strconv.Itoa(unused)}, os.Environ()...))
		}
	})
	return errors.Join(err, failed)
}

// untilLate is a listener that ends at its deadline, and is not closed with the server.
type untilLate struct{ net.Listener }

func (l untilLate) Close() error { return nil }

func (l untilLate) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = net.ErrClosed
	}
	return conn, err
}

func inherit() (net.Listener, error) {
	fd := os.Getenv(inheritVariable)
	if fd == "" {
		return net.Listen("tcp", addr())
	}
	n, err := strconv.Atoi(fd)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(n), "listener")
	defer f.Close()
	return net.FileListener(f)
}

// succeed starts the successor and waits until it serves. The listener's descriptor is
// not taken through an os.File, which would make it a blocking one here too: an Accept
// that is under way would then outlive the Shutdown, and take a client with it.
func succeed(ln net.Listener) error {
	raw, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		_, failed = syscall.ForkExec("/proc/self/exe", os.Args, &syscall.ProcAttr{
			Env: append(os.Environ(), inheritVariable+"=3"), Files: []uintptr{0, 1, 2, fd, w.Fd()},
		})
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	w.Close()
	_, err = r.Read(make([]byte, 1))
	return err
}
