// SPDX-License-Identifier: Apache-2.0

package rig

import "context"

// Hooks are the functions of every component of a rig. Each is called with the
// context that the library would give it.
type Hooks struct {
	Start, Stop func(context.Context) error
	Run         func(context.Context) error // nil: no component has one; returns when its context ends
}

// NoOp returns hooks that do nothing.
func NoOp() Hooks { return Hooks{Start: nothing, Stop: nothing} }

// NoOpRun returns hooks that do nothing, with a Run that waits for its end.
func NoOpRun() Hooks { return Hooks{Start: nothing, Stop: nothing, Run: wait} }

func nothing(context.Context) error { return nil }

func wait(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// A Rig is components under one library, built and ready to start. Start
// returns when all have started, Stop when all have stopped; each may be called
// once. Both panic if the library reports an error: none of the hooks fails.
type Rig struct {
	Start, Stop func()
}

// A Builder puts components under a library.
type Builder func(*Graph, Hooks) Rig

func must(err error) {
	if err != nil {
		panic(err)
	}
}
