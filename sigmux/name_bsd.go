// SPDX-License-Identifier: Apache-2.0

//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sigmux

// systemName names what only this family has.
func systemName(n int) string {
	switch n {
	case 7:
		return "SIGEMT"
	case 29:
		return "SIGINFO"
	}
	return ""
}
