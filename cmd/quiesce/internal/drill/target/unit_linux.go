// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// systemctlPatience bounds the question how a unit ended.
const systemctlPatience = 5 * time.Second

// Unit makes the main process of a running systemd unit the target. It is not killed by
// Close. [Target.Restart] starts the unit again.
func Unit(ctx context.Context, name string) (*Target, error) {
	t, err := unit(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("unit %q: %w", name, err)
	}
	return t, nil
}

func unit(ctx context.Context, name string) (*Target, error) {
	if name == "" || strings.HasPrefix(name, "-") {
		return nil, errors.New("that is no name of a unit")
	}
	p, err := unitProperties(ctx, name)
	if err != nil {
		return nil, err
	}
	if p["LoadState"] == "not-found" {
		return nil, errors.New("there is no such unit")
	}
	pid, _ := strconv.Atoi(p["MainPID"])
	if pid == 0 {
		return nil, fmt.Errorf("it has no main process: it is %s", p["ActiveState"])
	}
	if err := permitted(pid); err != nil {
		return nil, fmt.Errorf("pid %d: %w", pid, err)
	}
	t := newTarget(pid, newTree(nil, pid))
	t.unit = name
	pidfd, err := t.open()
	if err != nil {
		return nil, fmt.Errorf("pid %d: %w", pid, err)
	}
	t.watch.Go(func() { t.awaitOther(pidfd, nil) })
	return t, nil
}

// Restart has systemd start the unit again: if the server has exited it is started,
// unless systemd has done so by itself; otherwise it is restarted. It returns the new
// server.
func (t *Target) Restart(ctx context.Context) (*Target, error) {
	if t.unit == "" {
		return nil, errors.New("restart: the server is not a unit of systemd")
	}
	verb := "restart"
	if isClosed(t.exited) {
		verb = "start"
	}
	if _, err := systemctl(ctx, verb, "--", t.unit); err != nil {
		return nil, fmt.Errorf("unit %q: %w", t.unit, err)
	}
	return Unit(ctx, t.unit)
}

// unitExit asks systemd how a process of the unit ended. It knows the last one only.
func unitExit(ctx context.Context, name string, pid int) (record.Exit, error) {
	ctx, cancel := context.WithTimeout(ctx, systemctlPatience)
	defer cancel()
	for {
		p, err := unitProperties(ctx, name)
		if err != nil {
			return record.Exit{}, err
		}
		if p["ExecMainPID"] != strconv.Itoa(pid) {
			return record.Exit{}, errors.New("another has run since")
		}
		code, _ := strconv.Atoi(p["ExecMainCode"])
		status, _ := strconv.Atoi(p["ExecMainStatus"])
		switch code {
		case codeExited:
			return record.Exit{Code: status}, nil
		case codeKilled, codeDumped:
			return record.Exit{Code: -1, Signal: SignalName(syscall.Signal(status))}, nil
		}
		select { // systemd has not reaped it yet
		case <-ctx.Done():
			return record.Exit{}, ctx.Err()
		case <-time.After(successorRest):
		}
	}
}

// unitProperties asks systemd about a unit.
func unitProperties(ctx context.Context, name string) (map[string]string, error) {
	out, err := systemctl(ctx, "show", "--property=LoadState,ActiveState,MainPID,ExecMainPID,ExecMainCode,ExecMainStatus", "--", name)
	if err != nil {
		return nil, err
	}
	properties := map[string]string{}
	for line := range strings.Lines(out) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			properties[key] = value
		}
	}
	return properties, nil
}

// systemctl runs it and returns what it prints.
func systemctl(ctx context.Context, args ...string) (string, error) {
	path, err := exec.LookPath("systemctl")
	if err != nil {
		return "", errors.New("there is no systemctl on the PATH: it needs systemd")
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return "", fmt.Errorf("systemctl %s: %w: %s", args[0], err, first)
	}
	return string(out), nil
}
