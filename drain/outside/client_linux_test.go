// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// clientConnections is how many requests the client has at a time.
const clientConnections = 32

// clientMain loads a server through Go's own transport with keep-alive. It never
// repeats a request, and those that the transport repeats by itself count as lost.
func clientMain() {
	c := &goClient{url: os.Args[1], http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: clientConnections},
		Timeout:   20 * time.Second,
	}}
	whenOrphaned(func() { c.over.Store(true) })
	var workers sync.WaitGroup
	for i := range clientConnections {
		workers.Go(func() { c.work(i) })
	}
	workers.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(c.tally); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type goClient struct {
	url  string
	http *http.Client
	over atomic.Bool

	mu    sync.Mutex
	tally tally // guarded by mu
}

// work sends requests, every second worker without a pause between them.
func (c *goClient) work(i int) {
	for !c.over.Load() {
		c.once()
		time.Sleep(think(i))
	}
}

func think(i int) time.Duration {
	if i%2 == 0 {
		return 0
	}
	return rand.N(50 * time.Millisecond)
}

// once sends one request: a GET, which the transport and proxies may repeat, or
// a POST, which they may not.
func (c *goClient) once() {
	method, body := http.MethodGet, io.Reader(nil)
	if rand.N(2) == 0 {
		method, body = http.MethodPost, struct{ io.Reader }{strings.NewReader("order")} // without GetBody
	}
	req, err := http.NewRequest(method, c.url, body)
	if err != nil {
		panic(err)
	}
	var wrote, opened atomic.Int64
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) {
			if !i.Reused {
				opened.Add(1)
			}
		},
		WroteHeaders: func() { wrote.Add(1) },
	}))
	began := time.Now()
	err = c.whole(req)
	c.record(method, err, int(wrote.Load()), int(opened.Load()), time.Since(began))
}

// whole sends a request and checks that the answer is complete.
func (c *goClient) whole(req *http.Request) error {
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || n != answerSize) {
		err = fmt.Errorf("%s, %d bytes", resp.Status, n)
	}
	return err
}

func (c *goClient) record(method string, err error, wrote, opened int, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.tally
	s.Opened += opened
	if errors.Is(err, syscall.ECONNREFUSED) {
		s.Refused++
		return
	}
	s.Sent++
	s.Slowest = max(s.Slowest, took.Seconds()*1000)
	switch {
	case err != nil:
		s.Lost++
		fmt.Println("lost", time.Now().Format(time.StampMicro), method, err)
	case wrote > 1:
		s.Lost += wrote - 1
		fmt.Println("lost", time.Now().Format(time.StampMicro), method, "repeated by the transport")
	}
}
