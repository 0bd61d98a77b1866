// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"context"
	"runtime/pprof"
)

// Do runs f as the task name on the goroutine of the caller, and returns the task's
// error: nil, or a [*TaskError]. It suits work that has a goroutine already, as that
// of a request has. It is [Scope.Start] otherwise, with the same options, and returns
// the same errors if the scope does not admit the task.
//
// Meanwhile the goroutine has the profiler labels of the task; afterwards those of
// ctx. The end of ctx does not end the task, whose context is that of the scope.
// Without [RecoverPanics] a panic in f goes on to the caller, as in any function, when
// the task has been accounted for; and so does runtime.Goexit.
func (s *Scope) Do(ctx context.Context, name string, f func(ctx context.Context) error, options ...TaskOption) error {
	n, t, err := s.prepare(ctx, name, f, options)
	if err != nil {
		return err
	}
	t.inline = true
	defer pprof.SetGoroutineLabels(ctx)
	n.run()
	return t.err
}
