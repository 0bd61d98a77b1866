// SPDX-License-Identifier: Apache-2.0

//go:build !unix && !windows

package ctxio

import (
	"os"
	"os/exec"
)

func ownGroup(*exec.Cmd) error { return nil }

// A group is the command alone.
type group struct{ leader *os.Process }

func newGroup(leader *os.Process) group { return group{leader} }

func (group) reaped() bool { return false }

func (group) terminate() bool { return false }

func (g group) kill() { _ = g.leader.Kill() }

func (group) alive(reaped bool) bool { return !reaped }
