// SPDX-License-Identifier: Apache-2.0

// Package deadlock has mutexes that report deadlocks.
package deadlock

import "sync"

// A Mutex is one of sync.
type Mutex struct{ sync.Mutex }

// An RWMutex has methods of its own.
type RWMutex struct{ mu sync.RWMutex }

// Lock locks it.
func (m *RWMutex) Lock() { m.mu.Lock() }

// Unlock unlocks it.
func (m *RWMutex) Unlock() { m.mu.Unlock() }
