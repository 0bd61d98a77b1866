// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package ctxio

type census struct{ proc string }

// onlyZombies cannot be told without more than the standard library. Zombies that
// nobody reaps are waited for until the end of the grace period.
func (census) onlyZombies(int) bool { return false }
