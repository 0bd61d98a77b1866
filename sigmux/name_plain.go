// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package sigmux

// systemName knows no further names on this system.
func systemName(int) string { return "" }
