// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package ctxio

// onlyZombies cannot be told without more than the standard library. Zombies that
// nobody reaps are waited for until the end of the grace period.
func onlyZombies(int) bool { return false }
