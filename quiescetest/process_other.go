// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package quiescetest

import (
	"errors"
	"os"
	"os/exec"
)

var quit = os.Kill

func ownGroup(*exec.Cmd) {}

func signalGroup(cmd *exec.Cmd, sig os.Signal) error { return cmd.Process.Signal(sig) }

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// isGone reports whether a signal found no process.
func isGone(err error) bool { return errors.Is(err, os.ErrProcessDone) }

func fill(*os.File) (int64, error) { return 0, errors.New("full pipes are for Unix only") }
