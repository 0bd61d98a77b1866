// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package target

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A Target is a server under test. There is none here: the drill needs Linux.
type Target struct{}

// errLinux is what there is to say.
var errLinux = errors.New("the drill needs Linux")

// Guard does nothing here.
func Guard() {}

// Prepare does nothing here.
func Prepare() {}

// Release does nothing here.
func Release() {}

// Start returns an error: the drill needs Linux.
func Start(context.Context, Spec) (*Target, error) { return nil, errLinux }

// Attach returns an error: the drill needs Linux.
func Attach(int) (*Target, error) { return nil, errLinux }

// Unit returns an error: the drill needs Linux.
func Unit(context.Context, string) (*Target, error) { return nil, errLinux }

// PID is not reached: there is no Target.
func (t *Target) PID() int { return 0 }

// Began is not reached: there is no Target.
func (t *Target) Began() time.Time { return time.Time{} }

// Signal is not reached: there is no Target.
func (t *Target) Signal(syscall.Signal, bool) (time.Time, error) { return time.Time{}, errLinux }

// Exited is not reached: there is no Target.
func (t *Target) Exited() <-chan struct{} { return nil }

// Exit is not reached: there is no Target.
func (t *Target) Exit() (record.Exit, time.Time) { return record.Exit{}, time.Time{} }

// Listening is not reached: there is no Target.
func (t *Target) Listening() ([]string, error) { return nil, errLinux }

// Upgrade is not reached: there is no Target.
func (t *Target) Upgrade(syscall.Signal, bool) (time.Time, error) { return time.Time{}, errLinux }

// Replaced is not reached: there is no Target.
func (t *Target) Replaced(context.Context) error { return errLinux }

// KillReplaced is not reached: there is no Target.
func (t *Target) KillReplaced() error { return errLinux }

// Successor is not reached: there is no Target.
func (t *Target) Successor(context.Context) (*Target, error) { return nil, errLinux }

// Restart is not reached: there is no Target.
func (t *Target) Restart(context.Context) (*Target, error) { return nil, errLinux }

// Leftovers is not reached: there is no Target.
func (t *Target) Leftovers(context.Context, time.Duration) []record.Leftover { return nil }

// Close is not reached: there is no Target.
func (t *Target) Close() error { return errLinux }
