// SPDX-License-Identifier: Apache-2.0

package base

// Leveled is a logger.
type Leveled interface {
	Infof(format string, args ...any)
	Fatalf(format string, args ...any)
}
