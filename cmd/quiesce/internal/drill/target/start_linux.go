// SPDX-License-Identifier: Apache-2.0

package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// shellScript makes the shell a parent: without a command after the server it would
// become the server.
const shellScript = `"$@"; exit $?`

// Start starts a server below a guard and returns when the program runs. The context
// governs the start only. [Target.Close] has to be called.
//
// The error says whether the program was not found, may not be run, or cannot be.
func Start(ctx context.Context, s Spec) (*Target, error) {
	r, err := s.request()
	if err != nil {
		return nil, err
	}
	g, err := guards.take(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.start(g, r)
	if err != nil {
		guards.put(g)
		return nil, err
	}
	return t, nil
}

// request looks the program up.
func (s Spec) request() (request, error) {
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		return request{}, errNotStarted
	}
	path, err := find(s.Argv[0])
	if err != nil {
		return request{}, err
	}
	dir := s.Dir
	if dir == "" {
		if dir, err = os.Getwd(); err != nil {
			return request{}, err
		}
	}
	if info, err := os.Stat(dir); err != nil {
		return request{}, fmt.Errorf("start in %q: %w", dir, errors.Unwrap(err))
	} else if !info.IsDir() {
		return request{}, fmt.Errorf("start in %q: %w", dir, syscall.ENOTDIR)
	}
	r := request{Op: opStart, Path: path, Argv: s.Argv, Dir: dir}
	if s.Shell {
		r.Path = "/bin/sh"
		r.Argv = append([]string{"sh", "-c", shellScript, "sh", path}, s.Argv[1:]...)
	}
	return r, nil
}

// find returns the absolute path of a program.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return filepath.Abs(path)
	}
	why := errors.Unwrap(err)
	if info, e := os.Stat(name); strings.Contains(name, "/") && e == nil {
		why = fmt.Errorf("may not be run: its mode is %v", info.Mode())
		if info.IsDir() {
			why = errors.New("is a directory")
		}
	} else if stat, ok := errors.AsType[*fs.PathError](why); ok {
		why = stat.Err // a path is not looked for in $PATH
	}
	return "", fmt.Errorf("start %q: %w", name, why)
}

// start has the guard start it.
func (s Spec) start(g *guard, r request) (_ *Target, err error) {
	tmp, err := os.MkdirTemp("", "quiesce-drill-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(tmp)
		}
	}()
	r.Env, r.Tmp = s.environment(r.Dir, tmp), tmp
	tr := newTree(g, g.pid)
	tr.tmp, tr.watch, tr.known = tmp, append([]string{tmp}, s.Watch...), map[string]bool{}
	for _, path := range list(s.Watch, nil) {
		tr.known[path] = true
	}
	write, err := tr.pipe(s.Output)
	if err != nil {
		return nil, err
	}
	m, err := g.call(r, write)
	write.Close()
	if err == nil && m.PID == 0 {
		err = s.why(m)
	}
	if err != nil {
		tr.await()
		return nil, err
	}
	t := newTarget(m.PID, tr)
	t.own, t.began = true, moment(m.At)
	t.hold(g.pid)
	t.watch.Go(func() { t.awaitFate(g.fate(m.PID)) })
	return t, nil
}

// hold opens a handle of a child of the guard, unless it has exited already: its number
// may be another's by now.
func (t *Target) hold(guard int) {
	handle, err := os.FindProcess(t.pid)
	if err != nil {
		return
	}
	if p, err := readProcess(t.pid); err == nil && p.parent == guard {
		t.handle, t.start = handle, p.start
		return
	}
	handle.Release()
}

// pipe makes what the server writes to, and copies it.
func (t *tree) pipe(to io.Writer) (write *os.File, err error) {
	t.output, write, err = os.Pipe()
	if err != nil {
		return nil, err
	}
	if to == nil {
		to = io.Discard
	}
	t.copied = make(chan struct{})
	go func() {
		defer close(t.copied)
		defer t.output.Close()
		io.Copy(to, t.output)
		io.Copy(io.Discard, t.output) // if it cannot be written any more
	}()
	return write, nil
}

// environment is the server's.
func (s Spec) environment(dir, tmp string) []string {
	env := s.Env
	if env == nil {
		env = os.Environ()
	}
	env = append(withoutRole(env), "PWD="+dir, "TMPDIR="+tmp)
	return (&exec.Cmd{Env: env}).Environ() // the last of the same name
}

// why explains an error of exec.
func (s Spec) why(m message) error {
	err := error(m.Errno)
	switch m.Errno {
	case 0:
		err = errors.New(m.Error)
	case syscall.ENOENT:
		err = errors.New("it is there, but not the program that is to interpret it")
	case syscall.ENOEXEC:
		err = fmt.Errorf("not a program for this machine: %w", m.Errno)
	}
	return fmt.Errorf("start %q: %w", s.Argv[0], err)
}
