// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

const (
	burst   = 1000 // signals sent to a program that runs
	senders = 4    // processes that send them, if several

	// The first two real-time signals that Go lets a program take.
	realtime1 = syscall.Signal(35)
	realtime2 = syscall.Signal(36)
)

// s09 is about how many signals arrive, and in which order.
func s09() claim.Claim {
	return claim.Claim{
		ID:   "S09",
		Told: "Signals of one kind arrive on the channel in order and none is lost; between kinds there is no order.",
		Programs: map[string]func(){
			"counter": countArrivals, "sender": sendUSR1, "together": raiseManyTogether, "kernel": queueInKernel, "one by one": raiseOneByOne,
		},
		Trial: func(x *claim.Trial) {
			stoppedProgramCounts(x)
			runningProgramCounts(x)
			queuesOfKinds(x)
		},
		So:      "A signal says that something happened, not how often: look at the state of the world (reap until there is no child left, read the whole configuration) and count nothing. What must be counted or ordered goes through a pipe or a socket. What is certain is that one arrives after the last was sent, if its channel has room.",
		Covered: []string{"sigmux.Mux", "sigmux.Delivery"},
	}
}

// stoppedProgramCounts sends to a program that cannot run.
func stoppedProgramCounts(x *claim.Trial) {
	p := x.Start("counter")
	halt(p)
	for range 100 {
		p.Signal(syscall.SIGUSR1)
	}
	one := p.Signal(syscall.SIGCONT) && arrived(x, p) == 1
	halt(p)
	sendFromSeveral(x, p, 100/senders)
	several := p.Signal(syscall.SIGCONT) && arrived(x, p) == 1
	x.Told(!one, "equal signals from one sender: each arrives")
	x.Told(!several, "equal signals from several senders: each arrives")
	x.Fact(one && several, "Of 100 SIGUSR1 sent to a program while it cannot run one arrives, from one sender as from four: the kernel keeps one bit for each kind (signal(7)).")
}

// runningProgramCounts sends to a program that runs.
func runningProgramCounts(x *claim.Trial) {
	p := x.Start("counter")
	for range burst {
		p.Signal(syscall.SIGUSR1)
	}
	one := arrived(x, p)
	sendFromSeveral(x, p, burst/senders)
	several := arrived(x, p)
	x.Measured(one >= 1 && one < burst && several >= 1 && several < burst,
		"Of a burst of 1000 to a program that runs some arrive and some do not, however large the channel.",
		"%d arrived from one sender, %d from %d", one, several, senders)
}

// queuesOfKinds is about real-time signals, and about different kinds.
func queuesOfKinds(x *claim.Trial) {
	kernel := answers(x, x.Run("kernel"))
	together := answers(x, runAlone(x, "together"))
	single := answers(x, x.Run("one by one"))
	x.Told(together["real-time"] == "100", "equal real-time signals: each arrives")
	x.Told(single["arrived"] == single["sent"], "each sent after the one before was received: each arrives")
	x.Told(together["kinds"] != together["kinds sent"], "different kinds: they can arrive in another order than they were sent")
	x.Fact(kernel["queued"] == "SIGUSR1=1 SIGRTMIN+1=1 SIGRTMIN+1=3 SIGRTMIN+1=5 SIGRTMIN+2=2 SIGRTMIN+2=4 SIGRTMIN+2=6",
		"The kernel does queue real-time signals (signal(7)): of SIGUSR1 and two real-time signals sent in turns, each with a value, it keeps the first SIGUSR1 and every real-time signal, those of one kind in their order and with their values.")
	x.Fact(together["standard"] == "1" && together["real-time"] == "1",
		"The runtime keeps one bit for each kind as well (runtime/sigqueue.go, sigsend): of 100 equal signals that its handler takes before the channel is served one arrives, real-time or not.")
	x.Fact(single["is the number"] == "true" && single["arrived"] == single["sent"],
		"What arrives is the number of the signal, not the value sent with it: equal signals cannot be told apart, so they have no order. Sent one by one, each after the one before was received, all arrive.")
}

// countArrivals is a program that says how many arrived since it was last asked.
func countArrivals() {
	c := notified(2*burst, syscall.SIGUSR1)
	ready()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		handled(os.Getpid())
		served()
		answer("arrived", len(received(c)))
	}
}

// arrived asks that program.
func arrived(x *claim.Trial, p *quiescetest.Process) int {
	x.Helper()
	p.Send("?\n")
	n, err := strconv.Atoi(strings.TrimPrefix(p.Await("arrived: "), "arrived: "))
	if err != nil {
		x.Fatal(err)
	}
	return n
}

// sendUSR1 is a program that sends so many to a process.
func sendUSR1() {
	pid, _ := strconv.Atoi(os.Args[1])
	n, _ := strconv.Atoi(os.Args[2])
	for range n {
		if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
			panic(err)
		}
	}
	answer("sent", n)
}

// sendFromSeveral has several processes send n signals each, and returns when
// all were sent.
func sendFromSeveral(x *claim.Trial, to *quiescetest.Process, n int) {
	x.Helper()
	var all []*quiescetest.Process
	for range senders {
		all = append(all, x.Program("sender", strconv.Itoa(to.PID()), strconv.Itoa(n)).Start(x))
	}
	for _, p := range all {
		if got := answers(x, p.Wait())["sent"]; got != strconv.Itoa(n) {
			x.Fatalf("a sender sent %q signals, not %d", got, n)
		}
	}
}

// raiseManyTogether takes many signals before any channel can be served.
func raiseManyTogether() {
	runtime.LockOSThread()
	for name, sig := range map[string]syscall.Signal{"standard": syscall.SIGUSR1, "real-time": realtime1} {
		c := notified(burst, sig)
		raiseTogether(slices.Repeat([]syscall.Signal{sig}, 100)...)
		signal.Stop(c)
		answer(name, len(c))
	}
	sent := []syscall.Signal{realtime1, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGHUP}
	c := notified(burst, realtime1, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGHUP)
	raiseTogether(sent...)
	served()
	answer("kinds sent", names(sent))
	answer("kinds", names(received(c)))
}

// raiseOneByOne receives each signal before the next is sent.
func raiseOneByOne() {
	c := notified(1, realtime1)
	arrived, number := 0, true
	for i := range 100 {
		sendValue(realtime1, i)
		number = number && <-c == os.Signal(realtime1)
		arrived++
	}
	answer("sent", 100)
	answer("arrived", arrived)
	answer("is the number", number)
}

// A siginfo is what comes with a signal that was sent with a value.
type siginfo struct {
	signo, errno, code int32
	sender             struct {
		_        [0]uintptr // aligned as the kernel's
		pid, uid int32
		value    uintptr
	}
	_ [128]byte // more than the rest
}

// queueInKernel blocks signals of three kinds and takes them itself.
func queueInKernel() {
	runtime.LockOSThread()
	kinds := []syscall.Signal{syscall.SIGUSR1, realtime1, realtime2}
	changeMask(sigBlock, setOf(kinds...))
	for i := 1; i <= 6; i++ {
		sendValue(syscall.SIGUSR1, i)
		sendValue(kinds[2-i%2], i)
	}
	var queued []string
	for {
		sig, value, ok := takePending(kinds...)
		if !ok {
			break
		}
		queued = append(queued, fmt.Sprintf("%s=%d", names([]syscall.Signal{sig}), value))
	}
	answer("queued", strings.Join(queued, " "))
}

// sendValue sends a signal with a value to this thread.
func sendValue(sig syscall.Signal, value int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const siQueue = -1 // sigqueue(3)
	info := siginfo{signo: int32(sig), code: siQueue}
	info.sender.value = uintptr(value)
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_TGSIGQUEUEINFO,
		uintptr(os.Getpid()), uintptr(syscall.Gettid()), uintptr(sig), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		panic(errno)
	}
}

// takePending takes a pending signal of this thread, which blocks it.
func takePending(sigs ...syscall.Signal) (sig syscall.Signal, value int, ok bool) {
	set, info, now := setOf(sigs...), siginfo{}, syscall.Timespec{}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)),
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&now)), unsafe.Sizeof(set), 0, 0)
	if errno == syscall.EAGAIN {
		return 0, 0, false
	}
	if errno != 0 {
		panic(errno)
	}
	return syscall.Signal(info.signo), int(info.sender.value), true
}
