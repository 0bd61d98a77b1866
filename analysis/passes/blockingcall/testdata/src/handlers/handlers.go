// SPDX-License-Identifier: Apache-2.0

// Package main answers requests.
package main

import (
	"context"
	"database/sql"
	"net/http"
	"os/exec"
	"sync"
)

type report struct {
	mu sync.Mutex
	db *sql.DB
}

func (s *report) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cached()
	go s.later()
}

func (s *report) cached() { s.fill() }

func (s *report) fill() {
	s.db.Query("select") // want `s.db.Query has no time limit: a database that does not answer holds requests; use QueryContext with the context of the request`
	func() {
		s.db.Exec("update") // want `s.db.Exec has no time limit`
	}()
	go func() { s.db.Exec("delete") }()
}

// No request waits for it.
func (s *report) later() { s.db.Exec("update") }

// It has no requests.
func (s *report) daily() { s.db.Query("select") }

// It means to go on.
func (s *report) detach() {
	s.db.QueryContext(context.Background(), "select")
	s.db.Exec("update")
}

func (s *report) form(w http.ResponseWriter, r *http.Request) {
	s.detach()
	s.migrate()
}

// It is done before there is anything to stop.
func (s *report) migrate() { s.db.Exec("create table") }

type login struct{ db *sql.DB }

type message struct{}

func (*message) ProtoMessage() {}

func (l *login) Login(ctx context.Context, in *message) (*message, error) {
	return &message{}, l.check()
}

func (l *login) check() error {
	_, err := l.db.Exec("update") // want `l.db.Exec has no time limit: a database that does not answer holds requests`
	return err
}

// A worker has a context, which is no request's.
func (l *login) Work(ctx context.Context, in string) (string, error) { return "", l.clean() }

func (l *login) clean() error {
	_, err := l.db.Exec("delete")
	return err
}

type pack struct {
	w   http.ResponseWriter
	r   *http.Request
	out string
}

func (p *pack) serve() error {
	cmd := exec.Command("git", "upload-pack") // want `exec.Command writes its answer to a request, and does not end with p.r.Context\(\): use exec.CommandContext`
	cmd.Stdout = p.w
	return cmd.Run()
}

func archive(w http.ResponseWriter, r *http.Request) {
	cmd := exec.Command("tar", "-c") // want `exec.Command writes its answer to a request, and does not end with r.Context\(\)`
	cmd.Stdout = w
	cmd.Run()
}

func archiveToEnd(w http.ResponseWriter, r *http.Request) {
	cmd := exec.CommandContext(r.Context(), "tar", "-c")
	cmd.Stdout = w
	cmd.Run()
}

// It may well outlive its request.
func update(w http.ResponseWriter, r *http.Request) { exec.Command("git", "gc").Run() }

func follow(messages chan string, script string) {
	for m := range messages {
		run(script, m)
		go runBeside(script)
		exec.Command("sync").Run()
	}
	runOnce(script)
}

func run(script, message string) { runIn(script) }

func runIn(script string) error {
	cmd := exec.Command("sh", "-c", script) // want `exec.Command has no time limit: a command that hangs holds the messages that come after it`
	return cmd.Run()
}

func runBeside(script string) { exec.Command("sh", "-c", script).Run() }

func runOnce(script string) { exec.Command("sh", "-c", script).Run() }

// It does not leave this machine.
func ownHealth(port string) { http.Get("http://localhost:" + port + "/health") }

func main() { http.ListenAndServe("", &report{}) }
