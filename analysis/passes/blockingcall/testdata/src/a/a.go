// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"database/sql"
	"net"
	"net/http"
	"os/exec"
	"time"

	"github.com/gomodule/redigo/redis"
)

type store struct {
	db   *sql.DB
	pool *redis.Pool
}

func (s *store) load(ctx context.Context) error {
	rows, err := s.db.Query("SELECT 1") // want `s.db.Query may block for long, and does not end with ctx: use QueryContext`
	if err != nil {
		return err
	}
	conn := s.pool.Get() // want `s.pool.Get may block for long, and does not end with ctx: use GetContext`
	conn.Close()
	return rows.Close()
}

func fetch(ctx context.Context, url string) {
	http.Get(url) // want `http.Get may block for long, and does not end with ctx: use http.NewRequestWithContext`
	func() {
		net.Dial("tcp", url) // want `net.Dial may block for long, and does not end with ctx`
	}()
	exec.Command("git", "fetch").Run()   // want `exec.Command may block for long, and does not end with ctx: use exec.CommandContext`
	cmd := exec.Command("git", "status") // want `exec.Command may block for long`
	cmd.Dir = url
	cmd.CombinedOutput()
	redis.Dial("tcp", url) // want `redis.Dial may block for long`
}

func handler(w http.ResponseWriter, r *http.Request) {
	http.Get("http://localhost") // want `does not end with r.Context\(\)`
	exec.Command("git", "gc").Run()
}

func (s *store) Stop() {
	s.db.Exec("DELETE FROM workers") // want `s.db.Exec may block for long, and the stop waits for it: use ExecContext`
}

func poll(url string) {
	for {
		http.Get(url) // want `http.Get in a loop has no time limit: one server that does not answer holds the loop`
		time.Sleep(time.Second)
	}
}

func each(urls []string) {
	for _, url := range urls {
		http.Get(url) // want `http.Get has no time limit: a server that does not answer holds its caller`
	}
}

func request(ctx context.Context, url string) {
	req, _ := http.NewRequest("GET", url, nil)
	http.DefaultClient.Do(req) // want `http.DefaultClient.Do may block for long, and does not end with ctx`
}

func given(req *http.Request) { http.DefaultClient.Do(req) }

func bare(url string) {
	client := http.Client{}
	client.Head(url) // want `client.Head has no time limit`
}

func bounded(url string) {
	client := &http.Client{Timeout: time.Second}
	client.Get(url)
	other := &http.Client{}
	other.Timeout = time.Second
	other.Get(url)
	var tripper http.RoundTripper
	own := &http.Client{Transport: tripper}
	own.Get(url)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = time.Second
	headers := &http.Client{Transport: transport}
	headers.Get(url)
}

func passed(ctx context.Context, url string) {
	req, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	http.DefaultClient.Do(req)
}

func choice(address string, limit time.Duration) {
	if limit > 0 {
		net.DialTimeout("tcp", address, limit)
	} else {
		net.Dial("tcp", address)
	}
}

// It runs on, beside the function.
func beside(ctx context.Context) {
	cmd := exec.Command("sleep", "1")
	go func() { cmd.Output() }()
}

func transaction(ctx context.Context, tx *sql.Tx) {
	tx.Exec("SELECT 1") // it is rolled back
}

// They have a limit, or end in another way.
func limits(ctx context.Context, url string) {
	net.Dial("unix", "/run/a.sock")
	net.Dial("udp", url)
	redis.Dial("tcp", url, redis.DialConnectTimeout(time.Second))
	cmd := exec.Command("sleep", "1")
	if cmd.Start() == nil {
		cmd.Process.Kill()
	}
	exec.CommandContext(ctx, "sleep", "1").Run()
}

func none(url string) {
	net.Dial("tcp", url) // want `net.Dial has no time limit`
}

// There is no context, or it is not for this.
func (s *store) unnamed(_ context.Context) { s.db.Ping() }

func (s *store) goroutine(ctx context.Context) {
	go func() { s.db.Ping() }()
	defer func() { s.db.Ping() }()
}

func (s *store) fresh(ctx context.Context) {
	<-ctx.Done()
	last, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.db.Ping()
	<-last.Done()
}

func off(ctx context.Context, url string) {
	http.Get(url) //quiesce:ignore blockingcall the transport has a limit
}
