// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// Of the kernel's interface; the syscall package does not have them.
const (
	prSetChildSubreaper = 36 // since Linux 3.4
	waitAll             = 0  // P_ALL
	waitPID             = 1  // P_PID
	waitNoReap          = syscall.WEXITED | syscall.WNOWAIT

	// siPID is where siginfo_t has si_pid: after three ints, and what aligns a
	// union with pointers.
	siPID = 12 + 4*(^uintptr(0)>>63)
)

// must ends a program whose experiment cannot be made.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// becomeSubreaper makes this process adopt the orphans among its descendants.
func becomeSubreaper() {
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); e != 0 {
		panic(e)
	}
}

// awaitEnd waits until a child has ended, any for waitAll, and does not reap
// it. It returns its process id.
func awaitEnd(kind, pid int) (int, error) {
	var info [128]byte // siginfo_t
	for {
		_, _, e := syscall.Syscall6(syscall.SYS_WAITID, uintptr(kind), uintptr(pid), uintptr(unsafe.Pointer(&info)), waitNoReap, 0, 0)
		switch e {
		case 0:
			return int(int32(binary.NativeEndian.Uint32(info[siPID:]))), nil
		case syscall.EINTR:
			continue
		}
		return 0, e
	}
}

// reap takes the status of a child, of any with -1.
func reap(pid int) (int, syscall.WaitStatus, error) {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(pid, &status, 0, nil)
		if err != syscall.EINTR {
			return got, status, err
		}
	}
}

// An orphan is a process whose parent has ended. It exits with 7 when it is let.
type orphan struct {
	pid  int
	hold *os.File
}

// newOrphan has a shell start a process and end before it.
func newOrphan() orphan {
	theirs, ours, err := os.Pipe()
	must(err)
	defer theirs.Close()
	sh := exec.Command("sh", "-c", "(read x <&3; exit 7) >/dev/null 2>&1 & echo $!")
	sh.ExtraFiles = []*os.File{theirs}
	out, err := sh.Output()
	must(err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	must(err)
	return orphan{pid, ours}
}

func (o orphan) end() { o.hold.Close() }

// stat returns the state and the parent of a process, from /proc/<pid>/stat.
func stat(pid int) (state string, parent int) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(err)
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	parent, err = strconv.Atoi(fields[1])
	must(err)
	return fields[0], parent
}

// restart starts a program of the claim from another one. The trial has given
// the environment that makes it so as the first argument.
func restart() *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), os.Args[1])
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd
}
