// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// Server returns what starts c as an instance of a server, as a [drops.Trial]
// wants it: its ready line says where it serves, right after c.Ready, up to a
// space ("serving on 127.0.0.1:4711" with "serving on "). It is stopped by SIGTERM
// and waited for; an exit code other than 0 is an error, with what it printed. One
// that is still there when stop's context ends is killed.
//
// Both functions fail t if the child does, and so belong on the test's goroutine.
//
// [drops.Trial]: https://pkg.go.dev/github.com/go-quiesce/quiesce/quiescetest/drops#Trial
func Server(t testing.TB, c Command) func(ctx context.Context) (addr string, stop func(ctx context.Context) error, err error) {
	return func(context.Context) (string, func(context.Context) error, error) {
		t.Helper()
		if c.Ready == "" {
			return "", nil, errors.New("quiescetest: a server without a ready line")
		}
		p := c.Start(t)
		_, addr, _ := strings.Cut(p.Ready(), c.Ready)
		addr, _, _ = strings.Cut(strings.TrimSpace(addr), " ")
		return addr, p.terminate, nil
	}
}

// terminate ends the child by SIGTERM, or kills it when ctx ends.
func (p *Process) terminate(ctx context.Context) error {
	p.t.Helper()
	defer context.AfterFunc(ctx, p.kill)()
	p.Signal(syscall.SIGTERM)
	if r := p.Wait(); r.Code != 0 {
		return fmt.Errorf("quiescetest: the server ended with %s\nstdout:\n%s\nstderr:\n%s", r.Status(), r.Stdout, r.Stderr)
	}
	return nil
}
