// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/bench/internal/measure"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// What is compared over a socket runs in processes of its own: this binary, with
// these words first. So each has its own processor time and its own collector.
const (
	roleWord   = "as"
	roleServer = "server"
	roleEngine = "engine" // ours
	roleClient = "client" // net/http's
)

// A loadJob is what a process that asks is to do.
type loadJob struct {
	Addr    string
	Callers int
	Rate    float64 // of an open load; 0: a closed one
	For     time.Duration
}

// A loadSeen is what it says when it has done it. Durations are latencies, and how
// late the load itself was.
type loadSeen struct {
	Requests, Failed   int
	Took               time.Duration
	Allocs             uint64
	P50, P99           time.Duration
	LagP50, LagP99     time.Duration
	BusyP99, LagLatest time.Duration
}

// playRole does what a process that was started with these arguments is for.
func playRole(role string) error {
	if role == roleServer {
		return serveTrivially()
	}
	var job loadJob
	if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
		return err
	}
	ask := askWithEngine
	if role == roleClient {
		ask = askWithClient
	}
	began := time.Now()
	seen, err := ask(job)
	if err != nil {
		return err
	}
	seen.Took = time.Since(began)
	return json.NewEncoder(os.Stdout).Encode(seen)
}

// serveTrivially answers until nobody holds its input any more.
func serveTrivially() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))
}

func askWithEngine(job loadJob) (loadSeen, error) {
	s, err := load.Start(context.Background(), load.Config{
		Addr: job.Addr, Records: true, Seed: 1,
		Loads: []load.Load{{Name: "load", Kind: load.KeepAlive(load.Request{}), Callers: job.Callers, Rate: job.Rate}},
	})
	if err != nil {
		return loadSeen{}, err
	}
	if err := s.Served(context.Background()); err != nil {
		return loadSeen{}, err
	}
	var before, after runtime.MemStats // without those of connecting
	runtime.ReadMemStats(&before)
	time.Sleep(job.For)
	runtime.ReadMemStats(&after)
	s.Finish(context.Background())
	t := s.Tallies()[0]
	lag := s.Lag()
	seen := loadSeen{
		Allocs:   after.Mallocs - before.Mallocs,
		Requests: t.Answered, Failed: t.Attempts() - t.Answered,
		LagP50: lag.P50, LagP99: lag.P99, LagLatest: lag.Max, BusyP99: lag.BusyP99,
	}
	if job.Rate > 0 {
		var latencies []time.Duration
		for r := range s.Records(0) {
			latencies = append(latencies, r.Done-r.Due)
		}
		seen.P50, seen.P99 = measure.Quantile(latencies, 50), measure.Quantile(latencies, 99)
	}
	return seen, nil
}

func askWithClient(job loadJob) (loadSeen, error) {
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: job.Callers}}
	url := "http://" + job.Addr + "/"
	var requests, failed atomic.Int64
	var over atomic.Bool
	time.AfterFunc(job.For, func() { over.Store(true) })
	var all sync.WaitGroup
	for range job.Callers {
		all.Go(func() {
			for !over.Load() {
				resp, err := client.Get(url) //quiesce:ignore blockingcall a time limit would be measured with it
				if err != nil {
					failed.Add(1)
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				requests.Add(1)
			}
		})
	}
	all.Wait()
	return loadSeen{Requests: int(requests.Load()), Failed: int(failed.Load())}, nil
}

// playsRole reports whether this process was started to play a role, after it has.
func playsRole() bool {
	if len(os.Args) != 3 || os.Args[1] != roleWord {
		return false
	}
	if err := playRole(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "ratios: "+os.Args[2]+": "+strconv.Quote(err.Error()))
		os.Exit(1)
	}
	return true
}
