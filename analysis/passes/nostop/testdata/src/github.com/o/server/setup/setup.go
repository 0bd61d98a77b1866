// SPDX-License-Identifier: Apache-2.0

// Package setup prepares a program.
package setup

import "github.com/o/server/wait"

// All prepares all of it.
func All() { wait.OnInterrupt() }
