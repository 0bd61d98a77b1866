// SPDX-License-Identifier: Apache-2.0

// Package unlockunheld defines an analyzer that reports the unlock of a mutex that the
// path does not hold.
//
// # Analyzer unlockunheld
//
// unlockunheld: report the unlock of a mutex that this path has unlocked already
//
// Unlocking a mutex that is not locked ends the process with "fatal error: sync: unlock
// of unlocked mutex" (see https://pkg.go.dev/sync#Mutex.Unlock); no recover helps. If
// another goroutine has it locked at that moment, its lock is taken away, which is
// worse. It comes from an error path that unlocks although the unlock is deferred, from
// a branch that unlocks before the common unlock, and from RLock with Unlock.
//
// Wrong:
//
//	mu.Lock()
//	defer mu.Unlock()
//	if err := load(); err != nil {
//		mu.Unlock()
//		return err
//	}
//
// Right:
//
//	mu.Lock()
//	defer mu.Unlock()
//	if err := load(); err != nil {
//		return err
//	}
//
// Not reported: a function that unlocks what its caller has locked, or that locks again
// before the second unlock; an unlock that a flag or another condition decides about;
// and a mutex that a called function of the package locks again.
//
// To switch it off for one line: //quiesce:ignore unlockunheld reason
package unlockunheld
