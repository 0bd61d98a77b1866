// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"encoding/json"
	"errors"
	"flag"
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
	useHTTP2 := flag.Bool("http2", false, "speak HTTP/2")
	roots := flag.String("roots", "", "file of the authorities to trust")
	flag.Parse()
	tr := &http.Transport{MaxIdleConnsPerHost: clientConnections, Protocols: new(http.Protocols)}
	tr.Protocols.SetHTTP1(!*useHTTP2)
	tr.Protocols.SetHTTP2(*useHTTP2)
	tr.Protocols.SetUnencryptedHTTP2(*useHTTP2)
	if *roots != "" {
		tr.TLSClientConfig = trusting(*roots)
	}
	c := &goClient{url: flag.Arg(0), major: 1, http: &http.Client{Transport: tr, Timeout: 20 * time.Second}}
	if *useHTTP2 {
		c.major = 2
	}
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
	url   string
	major int // version of HTTP
	http  *http.Client
	over  atomic.Bool

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
	if err == nil && (resp.StatusCode != http.StatusOK || n != answerSize || resp.ProtoMajor != c.major) {
		err = fmt.Errorf("%s %s, %d bytes", resp.Proto, resp.Status, n)
	}
	return err
}

// What the errors of HTTP/2 say of a request that was not lost, and that the
// transport cannot repeat, since it has read or closed its body.
const (
	// declined: the server has not looked at it, by its GOAWAY.
	declined = "cannot retry err [http2: Transport received Server's graceful shutdown GOAWAY]"

	// takenBack, if it was not written: the connection was told to leave before.
	takenBack = "cannot rewind body after connection loss"
)

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
	if c.major == 2 && wrote > 1 { // the transport repeats only what was declined
		s.Declined += wrote - 1
		wrote = 1
	}
	switch {
	case err != nil && c.major == 2 && notBegun(err, wrote):
		s.Declined++
	case err != nil:
		s.Lost++
		fmt.Println("lost", time.Now().Format(time.StampMicro), method, err, "written", wrote)
	case wrote > 1:
		s.Lost += wrote - 1
		fmt.Println("lost", time.Now().Format(time.StampMicro), method, "repeated by the transport")
	}
}

func notBegun(err error, wrote int) bool {
	return strings.Contains(err.Error(), declined) || wrote == 0 && strings.Contains(err.Error(), takenBack)
}
