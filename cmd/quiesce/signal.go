// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/go-quiesce/quiesce/sigmux"
)

// dieOfSignal ends the process as the signal would have that ended the context of
// [sigmux.NotifyContext], if one did: a shell's script or loop stops too.
func dieOfSignal(ctx context.Context, stop func()) {
	if s, ok := errors.AsType[*sigmux.SignalError](context.Cause(ctx)); ok {
		stop()
		sigmux.Die(s.Signal)
	}
}
