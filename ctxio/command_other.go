// SPDX-License-Identifier: Apache-2.0

//go:build !unix && !windows

package ctxio

import (
	"os"
	"os/exec"
)

func ownGroup(*exec.Cmd) error { return nil }

func wasReaped(*os.Process) bool { return false }

func terminateGroup(*os.Process) bool { return false }

func killGroup(p *os.Process) { _ = p.Kill() }

func groupAlive(_ *os.Process, reaped bool) bool { return !reaped }
