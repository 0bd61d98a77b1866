// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"crypto/tls"
	"database/sql"
	"flag"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"golang.org/x/crypto/ssh"
)

var (
	onChange = flag.String("on-change", "", "command to run")
	notifier string
	shell    = "sh"
)

func flags() { flag.StringVar(&notifier, "notify", "", "command to run") }

// A shell runs what the user has set.
func (h *hook) shells(path string) {
	exec.Command("sh", "-c", h.Command).Run()              // want `exec.Command has no time limit: a command of the configuration that hangs holds its caller`
	exec.Command("/bin/bash", "-e", "-c", *onChange).Run() // want `exec.Command has no time limit`
	exec.Command("sh", "-c", notifier).CombinedOutput()    // want `exec.Command has no time limit`
	exec.Command("cmd", "/C", os.Getenv("HOOK")).Run()     // want `exec.Command has no time limit`
	exec.Command("sh", "-c", "sync").Run()                 // a known one
	exec.Command("tar", "-c", h.Command).Run()             // no shell
	exec.Command("sh", path).Run()                         // not that of a field
	exec.Command(shell, "-c", h.Command).Run()             // unknown
}

// Start and Wait are Run.
func (h *hook) startAndWait() error {
	cmd := exec.Command(h.Command) // want `exec.Command has no time limit`
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Wait()
}

func (h *hook) startOnly() (*exec.Cmd, error) {
	cmd := exec.Command(h.Command)
	return cmd, cmd.Start()
}

func (h *hook) killed(stop chan struct{}) error {
	cmd := exec.Command(h.Command)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		<-stop
		cmd.Process.Kill()
	}()
	return cmd.Wait()
}

type children struct{ list []*exec.Cmd }

func (c *children) add(cmd *exec.Cmd) { c.list = append(c.list, cmd) }

func (h *hook) registered(c *children) error {
	cmd := exec.Command(h.Command)
	c.add(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Wait()
}

type service struct {
	ctx context.Context
	db  *sql.DB
}

// It waits for the end of a context, and cannot see it during the call.
func (s *service) run() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(time.Minute):
			s.db.Exec("delete") // want `s.db.Exec may block for long, and does not end with s.ctx: use ExecContext`
		}
	}
}

func (s *service) start(ctx context.Context) {
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Minute):
				s.db.Exec("delete") // want `s.db.Exec may block for long, and does not end with ctx`
			}
		}
	}()
}

func (s *service) loop() {
	for {
		s.db.Query("select") // want `s.db.Query in a loop has no time limit: one server that does not answer holds the loop`
		time.Sleep(time.Second)
	}
}

func (s *service) once() { s.db.Query("select") }

// A stop waits for its helper, too.
func (s *service) Close() { s.deregister() }

func (s *service) deregister() {
	s.db.Exec("update") // want `s.db.Exec may block for long, and the stop waits for it`
}

func (s *service) Open() { s.register() }

func (s *service) Shutdown() { s.register() }

func (s *service) register() { s.db.Exec("update") }

func dials(ctx context.Context, host string, cfg *tls.Config) {
	net.LookupHost(host)                                                    // want `net.LookupHost may block for long, and does not end with ctx`
	(&net.Dialer{Timeout: time.Second}).Dial("tcp", host)                   // it has a limit
	(&net.Dialer{KeepAlive: time.Second}).Dial("tcp", host)                 // want `Dial may block for long, and does not end with ctx`
	tls.DialWithDialer(&net.Dialer{Timeout: time.Second}, "tcp", host, cfg) // it has a limit
	tls.DialWithDialer(new(net.Dialer), "tcp", host, cfg)                   // unknown
	tls.DialWithDialer(&net.Dialer{}, "tcp", host, cfg)                     // want `tls.DialWithDialer may block for long, and does not end with ctx`
}

func shellOf(host string, given *ssh.ClientConfig) {
	net.LookupHost(host) // the resolver has a limit
	config := &ssh.ClientConfig{User: "root"}
	ssh.Dial("tcp", host, config) // want `ssh.Dial has no time limit`
	limited := &ssh.ClientConfig{User: "root", Timeout: time.Second}
	ssh.Dial("tcp", host, limited)
	ssh.Dial("tcp", host, given)
	config2 := &ssh.ClientConfig{User: "root"}
	config2.Timeout = time.Second
	ssh.Dial("tcp", host, config2)
}

var _ http.Handler

// The context that ends with a signal is for this call, too.
func locks(lock func(context.Context) error, args []string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := lock(ctx); err != nil {
		return err
	}
	return exec.Command(args[0], args[1:]...).Run() // want `exec.Command may block for long, and does not end with ctx`
}

func orNone(ctx context.Context, name string) error {
	if ctx == nil {
		ctx = context.Background()
	}
	return exec.Command(name).Run() // want `exec.Command may block for long, and does not end with ctx`
}
