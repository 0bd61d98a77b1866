// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package sigmux

// systemChildren are the programs that only this system can run.
var systemChildren = map[string]func(){}
