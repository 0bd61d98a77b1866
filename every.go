// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"time"
)

// Every returns a Run that calls f every d, the first time after d. Calls do
// not overlap: one that takes longer than d delays the next. When the app stops,
// a call in progress is finished under the work context, and no other begins.
// An error of f ends the Run with it, and so stops the app. A d that is not
// positive makes the Run fail at once.
func Every(d time.Duration, f func(ctx context.Context) error) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if d <= 0 {
			return errNotPositive{d}
		}
		timer := time.NewTimer(d)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-timer.C:
			}
			if err := f(WorkContext(ctx)); err != nil {
				return err
			}
			timer.Reset(d)
		}
	}
}

type errNotPositive struct{ d time.Duration }

func (e errNotPositive) Error() string {
	return "quiesce: every " + e.d.String() + ": not positive"
}
