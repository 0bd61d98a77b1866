// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unicode"
)

// A process is what /proc/PID/stat says of one.
type process struct {
	pid, parent, group int
	state              byte
	flags              uint64
	start              uint64 // ticks since the machine was; with the pid it names a process for good
	name               string
}

var errStat = errors.New("odd /proc/PID/stat")

// readProcess looks at one process.
func readProcess(pid int) (process, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, err
	}
	return parseStat(data)
}

// parseStat reads "PID (NAME) STATE PARENT GROUP ...". The name may have parentheses.
func parseStat(data []byte) (p process, err error) {
	head, rest, ok := cutLast(string(data), ')')
	pid, name, ok2 := strings.Cut(head, " (")
	f := strings.Fields(rest)
	if !ok || !ok2 || len(f) < 20 {
		return p, errStat
	}
	p.name, p.state = name, f[0][0]
	for _, n := range []struct {
		text string
		to   *int
	}{{pid, &p.pid}, {f[1], &p.parent}, {f[2], &p.group}} {
		if *n.to, err = strconv.Atoi(n.text); err != nil {
			return p, errStat
		}
	}
	p.flags, _ = strconv.ParseUint(f[6], 10, 64)
	p.start, err = strconv.ParseUint(f[19], 10, 64)
	return p, err
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// zombie: has it exited, and was not reaped?
func (p process) zombie() bool { return p.state == 'Z' || p.state == 'X' }

// nameLength bounds how much of a command line is shown.
const nameLength = 120

// String is "pid 17 (sh -c sleep 100)".
func (p process) String() string {
	text := p.name
	if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid)); len(line) > 0 {
		text = string(bytes.ReplaceAll(bytes.TrimRight(line, "\x00"), []byte{0}, []byte{' '}))
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > nameLength {
		text = strings.ToValidUTF8(text[:nameLength], "") + " ..."
	}
	return fmt.Sprintf("pid %d (%s)", p.pid, text)
}

// descendants returns the processes below one, parents before their children. Whatever
// starts or ends meanwhile may be in it or not.
//
// It looks at all processes of the machine. The kernel keeps lists of children too, but
// by thread, and what one has looked up of a thread it has to forget when that ends: the
// server's own end would take longer.
func descendants(root int) []process {
	children := map[int][]process{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, err := readProcess(pid); err == nil {
			children[p.parent] = append(children[p.parent], p)
		}
	}
	var found []process
	seen := map[int]bool{root: true}
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		for _, p := range children[queue[0]] {
			if !seen[p.pid] { // a number may have come again while we looked
				seen[p.pid] = true
				found = append(found, p)
				queue = append(queue, p.pid)
			}
		}
	}
	return found
}

// kill kills a process that was found, and no other that has got its number since.
func (p process) kill() error {
	handle, err := os.FindProcess(p.pid) // from here on the number stays its own, where there are pidfds
	if err != nil {
		return err
	}
	defer handle.Release()
	if now, err := readProcess(p.pid); err != nil || now.start != p.start {
		return nil
	}
	if err := handle.Signal(syscall.SIGKILL); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
