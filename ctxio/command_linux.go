// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// A census looks for the living of a process group. The command is a zombie until
// it is waited for. In a container whose first process does not reap, as most
// programs do not, the command's orphans remain zombies for ever.
type census struct {
	proc string // where proc(5) is

	// witness was alive when last seen, and is looked at first: to look at all
	// takes 10 ms where there are a thousand.
	witness string
}

// onlyZombies reports whether all processes of a group have died. Where nothing is
// to be seen of the group at all, in a chroot without proc(5), it is false.
func (c *census) onlyZombies(pgid int) bool {
	// Who is born while we look is seen the second time.
	return c.look(c.witness, pgid) != living && c.lookAtAll(pgid) == zombie && c.lookAtAll(pgid) == zombie
}

// lookAtAll stops at the first of the group that lives.
func (c *census) lookAtAll(pgid int) vitality {
	proc, err := os.Open(c.proc)
	if err != nil {
		return absent
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return absent
	}
	found := absent
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		if found = max(found, c.look(name, pgid)); found == living {
			c.witness = name
			break
		}
	}
	return found
}

func (c *census) look(pid string, pgid int) vitality {
	stat, err := os.ReadFile(filepath.Join(c.proc, pid, "stat"))
	if err != nil {
		return absent
	}
	return vitalityIn(stat, pgid)
}

// A vitality says how a process is there, as a member of a group.
type vitality int

const (
	absent vitality = iota
	zombie
	living
)

// vitalityIn reads a line of proc_pid_stat(5): "pid (comm) state ppid pgrp ...".
// The name may hold spaces and parentheses. The state is that of the first thread,
// which can have died a moment before the others, and these have its files open.
func vitalityIn(stat []byte, pgid int) vitality {
	const state, pgrp, threads = 0, 2, 17 // places after the name
	f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(f) <= threads || string(f[pgrp]) != strconv.Itoa(pgid) {
		return absent
	}
	dead := f[state][0] == 'Z' || f[state][0] == 'X'
	if dead && (string(f[threads]) == "1" || string(f[threads]) == "0") {
		return zombie
	}
	return living
}
