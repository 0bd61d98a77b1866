// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/bench/internal/measure"
)

// Targets of the load engine: requests a second and processor time a request against
// wrk with one thread, and the latter against net/http's Client; and of its open
// model, at half of what the closed one reaches and at a low rate.
const (
	wrkTarget       = 0.85
	wrkCPUTarget    = 1.3
	clientCPUTarget = 0.65
	allocTarget     = 0.01

	halfP50, halfP99 = 100, 2000 // microseconds
	slowRate         = 1000
	slowP99          = 3000
)

// loadFor is how long each is measured at a time.
const loadFor = 3 * time.Second

// A loadSample is one process that asked.
type loadSample struct {
	loadSeen
	rate float64       // requests a second
	cpu  time.Duration // a request
}

func loads(s settings, t *table) {
	addr, end := startServer()
	defer end()
	_, err := exec.LookPath("wrk")
	withWrk := err == nil
	if !withWrk {
		t.figure("wrk is not installed: nothing to compare with", "", "")
	}
	rounds := max(5, s.rounds/2)
	for _, callers := range []int{64, 256} {
		var ours, client, wrk []loadSample
		job := loadJob{Addr: addr, Callers: callers, For: loadFor}
		for range rounds {
			ours = append(ours, askAs(roleEngine, job))
			client = append(client, askAs(roleClient, job))
			if withWrk {
				wrk = append(wrk, askAsWrk(job))
			}
		}
		what := fmt.Sprintf("%d connections", callers)
		if withWrk {
			t.atLeast(what+": requests/s; wrk -t1", medianRate(ours), medianRate(wrk), wrkTarget)
			t.ratio(what+": CPU a request; wrk -t1", medianCPU(ours), medianCPU(wrk), wrkCPUTarget)
		}
		t.figure(what+": requests/s; net/http Client", perSecond(medianRate(ours)), perSecond(medianRate(client)))
		t.ratio(what+": CPU a request; net/http Client", medianCPU(ours), medianCPU(client), clientCPUTarget)
		t.limit(what+": allocations a request", medianAllocs(ours), allocTarget, "")
		job.Rate = medianRate(ours) / 2
		t.open(fmt.Sprintf("%s, open at %.0f/s", what, job.Rate), askAs(roleEngine, job), halfP50, halfP99)
	}
	job := loadJob{Addr: addr, Callers: 64, Rate: slowRate, For: loadFor}
	t.open(fmt.Sprintf("64 connections, open at %d/s", slowRate), askAs(roleEngine, job), 0, slowP99)
}

// open adds the lines of an open load. A limit of 0 is none.
func (t *table) open(what string, got loadSample, p50, p99 float64) {
	if p50 > 0 {
		t.limit(what+": p50 from due", micro(got.P50), p50, "us")
	}
	t.limit(what+": p99 from due", micro(got.P99), p99, "us")
	t.figure(what+": own lag p50, p99, most", fmt.Sprintf("%s, %s, %s", show(got.LagP50), show(got.LagP99), show(got.LagLatest)), "")
	t.figure(what+": connection busy p99", show(got.BusyP99), "")
}

// atLeast adds a line with a rate that is not to be below a share of the peer's.
func (t *table) atLeast(what string, ours, peer, target float64) {
	r := ours / peer
	t.lines = append(t.lines, line{
		what: what, ours: perSecond(ours), peer: perSecond(peer), ratio: fmt.Sprintf("%.2f", r),
		target: fmt.Sprintf(">= %.4g", target), held: t.held(r >= target),
	})
}

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func perSecond(rate float64) string { return fmt.Sprintf("%.1f k/s", rate/1000) }

func medianRate(s []loadSample) float64 {
	return medianOf(s, func(s loadSample) float64 { return s.rate })
}

func medianCPU(s []loadSample) time.Duration {
	return time.Duration(medianOf(s, func(s loadSample) float64 { return float64(s.cpu) }))
}

func medianAllocs(s []loadSample) float64 {
	return medianOf(s, func(s loadSample) float64 { return float64(s.Allocs) / float64(s.Requests) })
}

func medianOf(s []loadSample, of func(loadSample) float64) float64 {
	var v []float64
	for _, x := range s {
		v = append(v, of(x))
	}
	return measure.Median(v)
}

// startServer starts the server that all ask, in a process of its own.
func startServer() (addr string, end func()) {
	cmd := role(roleServer)
	in, err := cmd.StdinPipe()
	must(err)
	out, err := cmd.StdoutPipe()
	must(err)
	must(cmd.Start())
	addr, err = bufio.NewReader(out).ReadString('\n')
	must(err)
	return strings.TrimSpace(addr), func() {
		in.Close()
		_ = cmd.Wait()
	}
}

// role is this binary, in a role.
func role(name string) *exec.Cmd {
	self, err := os.Executable()
	must(err)
	cmd := exec.Command(self, roleWord, name)
	cmd.Stderr = os.Stderr
	return cmd
}

// askAs has a process of ours ask.
func askAs(name string, job loadJob) loadSample {
	cmd := role(name)
	text, err := json.Marshal(job)
	must(err)
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.Output()
	must(err)
	var s loadSample
	must(json.Unmarshal(out, &s.loadSeen))
	if s.Failed > 0 {
		panic(fmt.Sprintf("%d of %d requests failed", s.Failed, s.Requests+s.Failed))
	}
	s.rate = float64(s.Requests) / s.Took.Seconds()
	s.cpu = cpuEach(cmd, s.Requests)
	return s
}

var wrkRequests = regexp.MustCompile(`(\d+) requests in ([\d.]+)s`)

func askAsWrk(job loadJob) loadSample {
	cmd := exec.Command("wrk", "-t1", fmt.Sprintf("-c%d", job.Callers), fmt.Sprintf("-d%.0fs", job.For.Seconds()), "http://"+job.Addr+"/")
	out, err := cmd.Output()
	must(err)
	found := wrkRequests.FindSubmatch(out)
	if found == nil {
		panic("wrk says\n" + string(out))
	}
	var s loadSample
	s.Requests, err = strconv.Atoi(string(found[1]))
	must(err)
	seconds, err := strconv.ParseFloat(string(found[2]), 64)
	must(err)
	s.rate = float64(s.Requests) / seconds
	s.cpu = cpuEach(cmd, s.Requests)
	return s
}

func cpuEach(cmd *exec.Cmd, requests int) time.Duration {
	p := cmd.ProcessState
	return (p.UserTime() + p.SystemTime()) / time.Duration(requests)
}
