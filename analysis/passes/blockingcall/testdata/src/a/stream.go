// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"io"
	"net/http"
	"os/exec"
	"strings"
)

func stream(ctx context.Context, line string) (out io.ReadCloser, err error) {
	args := strings.Split(line, " ")
	cmd := exec.Command(args[0], args[1:]...) // want `exec.Command may block for long, and does not end with ctx: use exec.CommandContext`
	if out, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err = cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = cmd.Wait() }()
	return out, nil
}

func streamKilled(ctx context.Context, line string) (io.ReadCloser, error) {
	cmd := exec.Command(line)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err = cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		<-ctx.Done()
		cmd.Process.Kill()
		cmd.Wait()
	}()
	return out, nil
}

// It is a child that lives on.
func startChild(ctx context.Context, line string) error {
	cmd := exec.Command(line)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()
	return nil
}

type probe struct{ cfg struct{ Command string } }

func (p *probe) line(files []string) []string {
	args := make([]string, 0)
	for _, word := range strings.Split(p.cfg.Command, " ") {
		if word == "%s" {
			args = append(args, files...)
		} else {
			args = append(args, word)
		}
	}
	return args
}

func (p *probe) run(files []string) ([]byte, error) {
	args := p.line(files)
	return exec.Command(args[0], args[1:]...).Output() // want `exec.Command has no time limit: a command of the configuration that hangs holds its caller`
}

func (p *probe) endless(ctx context.Context) {
	exec.CommandContext(context.Background(), p.cfg.Command, "-a").Run() // want `exec.CommandContext has a context that never ends: a command of the configuration that hangs holds its caller`
	exec.CommandContext(context.Background(), "git", "gc").Run()
	exec.CommandContext(ctx, p.cfg.Command, "-a").Run()
}

func (p *probe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	exec.Command(p.cfg.Command, r.URL.Path).Run() // want `exec.Command has no time limit: a command of the configuration that hangs holds its caller`
	exec.Command("git", "gc").Run()
}

func own(files []string) ([]byte, error) {
	args := make([]string, 0)
	args = append(args, "cat")
	args = append(args, files...)
	return exec.Command(args[0], args[1:]...).Output()
}
