// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"crypto/tls"
	"database/sql"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

type hook struct {
	Command string
	line    []string
	tool    string
	found   string
	client  *http.Client
	limited *http.Client
}

type options struct{ Auth string }

func newHook(opt options) *hook {
	found, _ := exec.LookPath("git")
	return &hook{line: strings.Fields(opt.Auth), tool: "git", found: found, client: &http.Client{}, limited: &http.Client{Timeout: time.Minute}}
}

func (h *hook) words() (string, []string) {
	words := strings.Fields(h.Command)
	return words[0], words[1:]
}

// The user has set the command.
func (h *hook) run(s string) {
	if h.Command == "" {
		h.Command = "status -v"
	}
	exec.Command(h.Command, s).CombinedOutput() // want `exec.Command has no time limit: a command of the configuration that hangs holds its caller; use exec.CommandContext`
	cmd, args := h.words()
	exec.Command(cmd, args...).Output() // want `exec.Command has no time limit`
	words := strings.Split(h.Command, " ")
	words[0] = "x" + words[0]
	var c = exec.Command(words[0]) // want `exec.Command has no time limit`
	c.Run()
	h.mapped(h.line[0])
}

func (h *hook) mapped(command string) {
	exec.Command(command).Output() // want `exec.Command has no time limit`
	exec.Command(h.line[0]).Run()  // want `exec.Command has no time limit`
}

// They are known programs, or they have a limit or a person in front of them.
func (h *hook) known(ctx context.Context) {
	helper("git")
	exec.CommandContext(ctx, h.Command).Run()
}

func (h *hook) tools() {
	exec.Command("git", "status").Run()
	exec.Command(h.tool, "status").Run()
	exec.Command(os.Args[0], "status").Run()
	path, _ := exec.LookPath("git")
	exec.Command(path, "status").Run()
}

func (h *hook) lookedUp() { exec.Command(h.found, "status").Run() }

type finder struct{ path string }

func newFinder() *finder {
	path, _ := exec.LookPath("pgrep")
	return &finder{path}
}

func (f *finder) find() { exec.Command(f.path, "-u", "root").Run() }

type runner struct{ path string }

func newRunner(h *hook) *runner { return &runner{h.Command} }

func (r *runner) run() {
	exec.Command(r.path).Run() // want `exec.Command has no time limit`
}

func helper(name string) { exec.Command(name).Run() }

func (h *hook) editor() {
	cmd := exec.Command(h.Command)
	cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	cmd.Run()
}

// The stop runs it, whatever it is.
func mount(path string) (unmount func() error) {
	unmount = func() error {
		return exec.Command("umount", path).Run() // want `exec.Command may block for long, and the stop waits for it`
	}
	return unmount
}

func open(source string) (*sql.DB, error) {
	db, err := sql.Open("mysql", source)
	if err != nil {
		return nil, err
	}
	return db, db.Ping() // want `db.Ping has no time limit: a server that does not answer holds its caller; use PingContext`
}

func (h *hook) fields(url string) {
	h.client.Get(url) // want `h.client.Get has no time limit`
	h.limited.Get(url)
}

func transports(url string, cfg *tls.Config) {
	client := http.DefaultClient
	if cfg != nil {
		client = &http.Client{Transport: &http.Transport{TLSClientConfig: cfg}}
	}
	client.Get(url) // want `client.Get has no time limit`
	other := &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: time.Second}}
	other.Get(url)
}

func start(url string) {
	client := &http.Client{Transport: &http.Transport{}}
	go func() { refresh(url, client) }()
	bounded := &http.Client{Timeout: time.Second}
	refreshBounded(url, bounded)
}

func refresh(url string, client *http.Client) {
	req, _ := http.NewRequest("GET", url, nil)
	client.Do(req) // want `client.Do has no time limit`
	send(req)
}

func refreshBounded(url string, client *http.Client) { client.Get(url) }

func send(req *http.Request) {
	client := http.Client{}
	client.Do(req) // want `client.Do has no time limit`
}

func releases(ctx context.Context, url string) {
	req, _ := http.NewRequestWithContext(context.TODO(), "GET", url, nil)
	http.DefaultClient.Do(req) // want `http.DefaultClient.Do may block for long, and does not end with ctx`
}

func background(ctx context.Context, url string) {
	limit, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(limit, "GET", url, nil)
	http.DefaultClient.Do(req)
}

func deeper(n int) string {
	if n > 0 {
		return deeper(n - 1)
	}
	return "git"
}

func (h *hook) recursive() { exec.Command(deeper(1)).Run() }
