// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// startEvery runs an app with f every 10s, and returns when it is running.
func startEvery(t *testing.T, f func(context.Context) error) *quiescetest.Runner {
	app := quiesce.New("shop", quiesce.WithGracePeriod(20*time.Second))
	app.Add("sweep", quiesce.Component{Run: quiesce.Every(10*time.Second, f)})
	return quiescetest.Start(t, app, quiescetest.AllowUnclean())
}

// Calls begin a period after the start and do not overlap: one that takes
// longer delays the next.
func TestEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		r := startEvery(t, func(context.Context) error {
			at = append(at, time.Since(start))
			if len(at) == 2 {
				time.Sleep(15 * time.Second)
			}
			return nil
		})
		time.Sleep(50 * time.Second)
		r.Shutdown(nil)
		if report := r.Wait(); !report.Clean || report.Took != 0 {
			t.Errorf("report: clean %v, took %v", report.Clean, report.Took)
		}
		if want := []time.Duration{10 * time.Second, 20 * time.Second, 45 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("calls at %v, want %v", at, want)
		}
	})
}

// A call in progress is finished under the work context; no other begins.
func TestEveryFinishesTheCallInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		r := startEvery(t, func(ctx context.Context) error {
			calls++
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(5 * time.Second):
				return nil
			}
		})
		time.Sleep(12 * time.Second)
		r.Shutdown(nil)
		if report := r.Wait(); !report.Clean || report.Took != 3*time.Second || calls != 1 {
			t.Errorf("report: clean %v, took %v, %d calls, want a clean stop in 3s and 1 call", report.Clean, report.Took, calls)
		}
	})
}

func TestEveryStopsTheAppWithItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("it broke")
		r := startEvery(t, func(context.Context) error { return broken })
		if report := r.Wait(); report.Code != quiesce.CodeFailure || !errors.Is(r.Err(), broken) {
			t.Errorf("code %d, error %v", report.Code, r.Err())
		}
	})
}

func TestEveryNotPositive(t *testing.T) {
	for _, d := range []time.Duration{0, -time.Second} {
		run := quiesce.Every(d, func(context.Context) error { return nil })
		if err := run(t.Context()); err == nil || err.Error() != "quiesce: every "+d.String()+": not positive" {
			t.Errorf("Every(%v) returned %v", d, err)
		}
	}
}
