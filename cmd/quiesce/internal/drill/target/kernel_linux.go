// SPDX-License-Identifier: Apache-2.0

package target

import (
	"encoding/binary"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// Of the kernel's interface; the syscall package does not have them.
const (
	prSetName           = 15
	prSetChildSubreaper = 36 // since Linux 3.4
	clockMonotonic      = 1
	clockBoottime       = 7
	waitAll             = 0 // P_ALL

	// The numbers of newer calls are the same everywhere.
	sysPidfdSendSignal = 424 // since Linux 5.1
	sysPidfdOpen       = 434 // since Linux 5.3
	pidfdNonblock      = syscall.O_NONBLOCK
	pidfdSignalGroup   = 4 // since Linux 6.9: to the group that the process leads

	// pidfdGetInfo is since Linux 6.15 of use here: it tells how a process ended, also
	// one of another parent.
	pidfdGetInfo  = 0xC040FF0B // _IOWR(0xFF, 11, 64 bytes)
	pidfdInfoExit = 1 << 3

	// Where siginfo_t has its fields: si_pid after three ints, and what aligns a union
	// with pointers. On mips si_code is where others have si_errno, which is 0 here.
	siErrno  = 4
	siCode   = 8
	siPID    = 12 + 4*(^uintptr(0)>>63)
	siStatus = siPID + 8

	// Values of si_code, which systemd shows too.
	codeExited = 1 // CLD_EXITED
	codeKilled = 2
	codeDumped = 3

	pollIn = 0x1 // POLLIN

	// In the flags of /proc/PID/stat.
	exiting      = 0x4  // PF_EXITING
	sameAsParent = 0x40 // PF_FORKNOEXEC: it was forked and runs the program of its parent
)

// monotonic is the clock that processes share, and that time.Time has inside.
func monotonic() time.Duration { return readClock(clockMonotonic) }

// bootTime is the clock of when processes were started: it runs on while the machine
// sleeps.
func bootTime() time.Duration { return readClock(clockBoottime) }

func readClock(id uintptr) time.Duration {
	var ts syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano())
}

// moment is the time at which the clock said so, in this process or another.
func moment(at time.Duration) time.Time {
	return time.Now().Add(at - monotonic())
}

// becomeSubreaper makes this process adopt the orphans among its descendants.
func becomeSubreaper() error {
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); e != 0 {
		return os.NewSyscallError("prctl", e)
	}
	return nil
}

// rename sets the name that ps shows for this thread.
func rename(name string) {
	b := append([]byte(name), 0)
	syscall.RawSyscall(syscall.SYS_PRCTL, prSetName, uintptr(unsafe.Pointer(&b[0])), 0)
}

// An ending is how a child has ended.
type ending struct {
	pid    int
	status syscall.WaitStatus
	usage  syscall.Rusage
}

// awaitZombie waits for the end of any child and leaves it unreaped, so that it can be
// looked at first. It returns ECHILD if there is no child.
func awaitZombie() (ending, error) { return findZombie(0) }

// findZombie does not wait if option is WNOHANG, and returns no pid if there is none.
func findZombie(option uintptr) (e ending, err error) {
	var info [128]byte // siginfo_t
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, waitAll, 0, uintptr(unsafe.Pointer(&info)),
			syscall.WEXITED|syscall.WNOWAIT|option, uintptr(unsafe.Pointer(&e.usage)), 0)
		switch errno {
		case 0:
			field := func(at uintptr) uint32 { return binary.NativeEndian.Uint32(info[at:]) }
			e.pid = int(int32(field(siPID)))
			e.status = waitStatus(field(siCode)|field(siErrno), field(siStatus))
			return e, nil
		case syscall.EINTR:
			continue
		}
		return e, errno
	}
}

// waitStatus makes what wait4 would say of what waitid says.
func waitStatus(code, status uint32) syscall.WaitStatus {
	switch code {
	case codeExited:
		return syscall.WaitStatus(status&0xff) << 8
	case codeDumped:
		return syscall.WaitStatus(status | 0x80)
	default:
		return syscall.WaitStatus(status)
	}
}

// reap takes a child that has ended. That may take milliseconds: the kernel then drops
// what others have looked up below /proc/PID.
func reap(pid int) {
	for {
		if _, err := syscall.Wait4(pid, nil, 0, nil); err != syscall.EINTR {
			return
		}
	}
}

// openProcess returns a descriptor of a process that becomes readable when it exits.
func openProcess(pid int) (*os.File, error) {
	fd, _, e := syscall.Syscall(sysPidfdOpen, uintptr(pid), pidfdNonblock, 0)
	if e != 0 {
		return nil, os.NewSyscallError("pidfd_open", e)
	}
	return os.NewFile(fd, "pidfd"), nil
}

// awaitExit waits until the process of a descriptor has exited, reaped or not. It
// returns an error if the descriptor is closed first.
func awaitExit(pidfd *os.File) error {
	raw, err := pidfd.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(hasExited)
}

// hasExited looks whether a descriptor is readable now: the runtime tells only of what
// changes while it waits.
func hasExited(fd uintptr) bool {
	poll := struct {
		fd              int32
		events, returns int16
	}{fd: int32(fd), events: pollIn}
	var now syscall.Timespec
	n, _, _ := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return n == 1
}

// exitStatus asks the kernel how the process of a descriptor ended. It can tell only
// after the process was reaped, and only since Linux 6.15.
func exitStatus(pidfd *os.File) (status syscall.WaitStatus, ok bool) {
	raw, err := pidfd.SyscallConn()
	if err != nil {
		return 0, false
	}
	var info struct {
		mask, cgroup uint64
		ids          [11]uint32
		exit         int32
	}
	raw.Control(func(fd uintptr) {
		info.mask = pidfdInfoExit
		_, _, e := syscall.Syscall(syscall.SYS_IOCTL, fd, pidfdGetInfo, uintptr(unsafe.Pointer(&info)))
		ok = e == 0 && info.mask&pidfdInfoExit != 0
	})
	return syscall.WaitStatus(info.exit), ok
}

// signalGroup signals the process group that the process of a handle leads. The handle
// makes sure that the number has not become another's.
func signalGroup(handle uintptr, s syscall.Signal) error {
	_, _, e := syscall.Syscall6(sysPidfdSendSignal, handle, uintptr(s), 0, pidfdSignalGroup, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}
