// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"database/sql"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/pprof"
	"sync"
	"time"

	"a/helper"

	"github.com/rs/zerolog"
	zlog "github.com/rs/zerolog/log"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
)

const pidFile = "/run/a.pid"

var exit = os.Exit

func serve() error { return nil }

func main() {
	defer os.Remove(pidFile)
	if err := serve(); err != nil {
		log.Fatal(err) // want `log.Fatal skips the deferred os.Remove of line 34: the file stays behind`
	}
	setUp()
	exit(1) // want `exit skips the deferred os.Remove of line 34`
}

// It is called while main has deferred something.
func setUp() {
	if err := serve(); err != nil {
		log.Fatalf("set-up: %v", err) // want `log.Fatalf skips the deferred os.Remove of line 34 in main: the file stays behind`
	}
}

func profile(name string) {
	if name != "" {
		f, _ := os.Create(name)
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	if err := serve(); err != nil {
		logrus.Fatalf("serve: %v", err) // want `skips the deferred pprof.StopCPUProfile of line 53: the profile is cut off`
	}
	logrus.Errorf("goes on")
}

func child() {
	cmd := exec.Command("sleep", "1")
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	if err := cmd.Start(); err != nil {
		zlog.Fatal().Err(err).Msg("start") // want `skips the deferred function of line 63: the child process lives on`
	}
	zlog.Error().Msg("goes on")
}

func buffered(f *os.File) {
	w := bufio.NewWriter(f)
	defer w.Flush()
	if _, err := w.WriteString("x"); err != nil {
		helper.Die(err) // want `helper.Die skips the deferred w.Flush`
	}
	_, err := w.WriteString("y")
	helper.Check(err) // want `helper.Check skips the deferred w.Flush`
	helper.Leave(3)   // want `helper.Leave skips the deferred w.Flush`
}

// Nothing is in it yet.
func empty(f *os.File) {
	w := bufio.NewWriter(f)
	defer w.Flush()
	if flag.NArg() == 0 {
		log.Fatal("usage")
	}
	w.WriteString("x")
	w.Flush()
}

func often(n int) {
	defer os.Remove(pidFile)
	helps(n)
	helps(n + 1)
}

// It is called from more than one place.
func helps(n int) {
	if n > 2 {
		log.Fatal(n) // want `log.Fatal skips the deferred os.Remove of line \d+ in often: the file stays behind`
	}
}

func locked(name string) {
	defer helper.Trace(name)()
	unlock, err := helper.Lock(name)
	if err != nil {
		log.Fatal(err)
	}
	defer unlock()
	if err := serve(); err != nil {
		log.Fatal(err) // want `log.Fatal skips the deferred unlock of line \d+: the file stays behind`
	}
}

func store(s *helper.Store) {
	defer s.Close()
	if err := serve(); err != nil {
		os.Exit(1) // want `os.Exit skips the deferred s.Close of line \d+: the file stays behind`
	}
}

func start() func() {
	dir, _ := os.MkdirTemp("", "a")
	return func() { os.RemoveAll(dir) }
}

func returned() {
	stop := start()
	defer stop()
	if err := serve(); err != nil {
		os.Exit(1) // want `os.Exit skips the deferred stop of line \d+: the file stays behind`
	}
}

func returnedAtOnce() {
	defer start()()
	os.Exit(1) // want `os.Exit skips the deferred start`
}

func socket() {
	l, err := net.Listen("unix", "/run/a.sock")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	log.Fatal(http.Serve(l, nil)) // want `log.Fatal skips the deferred l.Close of line \d+: the socket file stays behind`
}

func synced() {
	logger, _ := zap.NewProduction()
	defer logger.Sync()
	if err := serve(); err != nil {
		logger.Fatal("serve") // it syncs by itself
	}
	os.Exit(1) // and has no buffer
}

func snapshot(url string) {
	defer func() {
		err := helper.DeleteSnapshot(url)
		if err != nil {
			log.Println(err)
		}
	}()
	if err := serve(); err != nil {
		log.Fatal(err) // want `log.Fatal skips the deferred function of line \d+: another host is not told`
	}
}

func server(srv *http.Server) {
	defer srv.Shutdown(context.Background())
	switch err := serve(); err {
	case nil:
	default:
		log.Fatal(err) // want `log.Fatal skips the deferred srv.Shutdown of line \d+: requests in flight are cut off`
	}
}

// What dies with the process.
func innocent(mu *sync.Mutex, wg *sync.WaitGroup, client *helper.Client) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	mu.Lock()
	defer mu.Unlock()
	defer wg.Done()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	resp, err := http.Get("http://localhost")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	f, err := os.Open("a")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	defer client.Close()
	db, _ := sql.Open("postgres", "")
	defer db.Close()
	l, _ := net.Listen("tcp", ":80")
	defer l.Close()
	defer log.Println("bye")
	if ctx.Err() != nil {
		os.Exit(1)
	}
}

// Nothing is deferred yet, or on that path.
func before() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
	if flag.NArg() == 0 {
		defer os.Remove(pidFile)
		return
	}
	if flag.NArg() == 1 {
		defer os.Remove(pidFile)
	} else {
		os.Exit(2)
	}
}

// It undoes what has gone wrong, and is not called for an end.
func undo() (err error) {
	defer func() {
		if err == nil {
			return
		}
		os.Remove(pidFile)
	}()
	if err := serve(); err != nil {
		log.Fatal(err)
	}
	return nil
}

var closed = func() error {
	os.Exit(1)
	return nil
}()

func byHand() {
	defer os.Remove(pidFile)
	if err := serve(); err != nil {
		os.Remove(pidFile)
		log.Fatal(err)
	}
}

func byHandInFunc(cmd *exec.Cmd) {
	defer func() { cmd.Process.Kill() }()
	if err := serve(); err != nil {
		cmd.Process.Kill()
		log.Fatal(err)
	}
}

// These do not exit, or not always.
func goesOn(logger helper.Logger, err error) {
	defer os.Remove(pidFile)
	logger.Fatal(err)
	helper.Maybe(err)
	panic(err)
}

func starts() {
	defer os.Remove(pidFile)
	go os.Exit(1)
	go func() { os.Exit(1) }()
}

func off() {
	defer os.Remove(pidFile)
	os.Exit(1) //quiesce:ignore exitdefer the next start removes it
}

var _ zerolog.Event
