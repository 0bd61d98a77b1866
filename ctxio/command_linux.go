// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"bytes"
	"os"
	"strconv"
)

// onlyZombies reports whether all processes of a group have died. In a container
// whose first process does not reap, as most programs do not, the command's
// orphans remain zombies for ever.
func onlyZombies(pgid int) bool {
	proc, err := os.Open("/proc")
	if err != nil {
		return false
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return false
	}
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		if stat, err := os.ReadFile("/proc/" + name + "/stat"); err == nil && livesIn(stat, pgid) {
			return false
		}
	}
	return true
}

// livesIn reads a line of proc_pid_stat(5): "pid (comm) state ppid pgrp ...". The
// name may hold spaces and parentheses. The state is that of the first thread,
// which can have died a moment before the others, and these have its files open.
func livesIn(stat []byte, pgid int) bool {
	const state, pgrp, threads = 0, 2, 17 // places after the name
	f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(f) <= threads || string(f[pgrp]) != strconv.Itoa(pgid) {
		return false
	}
	dead := f[state][0] == 'Z' || f[state][0] == 'X'
	return !dead || string(f[threads]) != "1" && string(f[threads]) != "0"
}
