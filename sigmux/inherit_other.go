// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package sigmux

// blocked returns nothing: there are no signal masks here.
func (process) blocked() []Trap { return nil }

// shellAbove returns nothing: no process is PID 1 here.
func (process) shellAbove() string { return "" }
