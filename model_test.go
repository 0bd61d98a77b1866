// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// modelSchedules is how many random schedules an ordinary test run tries.
// QUIESCE_MODEL_SCHEDULES sets another number, QUIESCE_MODEL_SECONDS a time
// instead, and QUIESCE_MODEL_SEED the seed of the first: each of the others
// has the next.
const modelSchedules = 2000

// TestModel runs random apps against the rules of the lifecycle, in virtual
// time. The first schedule that breaks one is printed whole, as seeds do not
// replay: what runs at the same instant runs in any order.
func TestModel(t *testing.T) {
	seed := envNumber(t, "QUIESCE_MODEL_SEED", rand.Uint64()>>1)
	schedules := envNumber(t, "QUIESCE_MODEL_SCHEDULES", modelSchedules)
	var until time.Time
	if seconds := envNumber(t, "QUIESCE_MODEL_SECONDS", 0); seconds > 0 {
		until, schedules = time.Now().Add(time.Duration(seconds)*time.Second), 1<<62
	}
	t.Logf("base seed %d", seed)
	quietly(t)
	began, done := time.Now(), uint64(0)
	for ; done < schedules && (until.IsZero() || time.Now().Before(until)); done++ {
		s, stuck := play(t, newProgram(seed+done))
		v := judge(s)
		if stuck != nil {
			v.rule = "nothing hangs (2, 5)"
			v.fail("%v\n%s", stuck, goroutines())
		}
		if len(v.broken) > 0 {
			t.Fatalf("schedule %d broke a rule\n%v", done+1, v)
		}
	}
	t.Logf("%d schedules, %.0f a second", done, float64(done)/time.Since(began).Seconds())
}

// goroutines returns all stacks: some are of those who hang.
func goroutines() []byte {
	stacks := make([]byte, 1<<20)
	return stacks[:runtime.Stack(stacks, true)]
}

func envNumber(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q: %v", name, text, err)
	}
	return n
}

// quietly keeps the panics of Runs, which are printed at once, off the
// terminal: thousands are on purpose.
func quietly(t *testing.T) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = null
	t.Cleanup(func() { os.Stderr = stderr; null.Close() })
}
