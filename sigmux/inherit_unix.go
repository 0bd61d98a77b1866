// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sigmux

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// blocked returns the signals in the mask that the process was started with.
//
// It looks at the thread it runs on, not at the main thread as /proc/self does:
// once anything took a signal, the runtime has a thread whose mask blocks nearly
// everything, which may be the main one. That thread is locked to a goroutine of
// the runtime, so it is never ours; every other keeps the inherited mask.
func (p process) blocked() []Trap {
	mask, err := readMask(filepath.Join(p.proc, "thread-self", "status"))
	if err != nil {
		return []Trap{{MaskUnknown, nil, err.Error()}}
	}
	var traps []Trap
	for n := 1; n <= 64; n++ {
		if mask&(1<<(n-1)) != 0 {
			traps = append(traps, Trap{BlockedByParent, syscall.Signal(n), "by whoever started us; taking it opens it for us, but our children inherit the block"})
		}
	}
	return traps
}

func readMask(path string) (uint64, error) {
	status, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if hex, ok := bytes.CutPrefix(line, []byte("SigBlk:")); ok {
			return strconv.ParseUint(string(bytes.TrimSpace(hex)), 16, 64)
		}
	}
	return 0, fmt.Errorf("%s: no SigBlk line", path)
}

// shells are those that wait for their child without passing signals on to it.
var shells = []string{"sh", "ash", "bash", "busybox", "dash", "ksh", "mksh", "zsh"}

// shellAbove returns the name of the shell that is PID 1 and our parent.
func (p process) shellAbove() string {
	if p.ppid != 1 {
		return ""
	}
	comm, err := os.ReadFile(filepath.Join(p.proc, "1", "comm"))
	if name := strings.TrimSpace(string(comm)); err == nil && slices.Contains(shells, name) {
		return name
	}
	return ""
}
