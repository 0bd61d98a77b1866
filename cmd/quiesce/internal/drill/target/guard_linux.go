// SPDX-License-Identifier: Apache-2.0

package target

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/sigmux"
)

// roleVariable tells this program that it was started as one of the two.
const (
	roleVariable = "QUIESCE_DRILL_GUARD"
	roleKeeper   = "keeper"
	roleGuard    = "guard"
)

// The descriptors that both start with.
const (
	controlFD = 3 // the connection to the drill
	keeperFD  = 4 // of the guard: at its end when the keeper is gone
)

const (
	// killRest is how long a killer waits before it looks again for what is left: a
	// killed process needs a moment, and one that waits for a disk may need more.
	killRest    = time.Millisecond
	killRestMax = 50 * time.Millisecond

	// killPatience is when the guard tells the drill that it cannot kill them all.
	killPatience = 5 * time.Second
)

// errGone is the end of the drill.
var errGone = errors.New("the drill is gone")

// Guard makes this process a guard if it was started as one; then it does not return.
// It is the first thing in main of a program that calls [Start], and in TestMain.
func Guard() {
	switch os.Getenv(roleVariable) {
	case roleKeeper:
		os.Exit(keep())
	case roleGuard:
		os.Exit(serve())
	}
}

// prepare makes the process ready to have descendants that are not its own.
//
// The thread stays locked: the server is killed when the thread that started it ends.
// Signals are caught, and nothing is done about them: the guard ends with the drill and
// not before, and the server has to start without any that are ignored, which it would
// inherit.
func prepare(name string) error {
	runtime.LockOSThread()
	syscall.CloseOnExec(controlFD)
	syscall.CloseOnExec(keeperFD)
	catch()
	rename(name)
	return becomeSubreaper()
}

// catch takes all signals and does nothing about them.
func catch() {
	var all []os.Signal
	for s := syscall.Signal(1); s <= lastSignal; s++ {
		if s != syscall.SIGKILL && s != syscall.SIGSTOP {
			all = append(all, s)
		}
	}
	sigmux.OS().Notify(make(chan os.Signal, 1), all...)
}

// keep is the keeper: it starts the guard, and when that has ended kills all that it
// left. It keeps its end of the connection, so that the drill sees the end of that only
// when nothing is left.
func keep() int {
	var life [2]int
	err := prepare("quiesce-keeper")
	if err == nil {
		err = syscall.Pipe2(life[:], syscall.O_CLOEXEC)
	}
	if err != nil {
		return 1
	}
	guard, err := syscall.ForkExec("/proc/self/exe", []string{"quiesce-guard"}, &syscall.ProcAttr{
		Env:   append(withoutRole(os.Environ()), roleVariable+"="+roleGuard),
		Files: []uintptr{0, 1, 2, controlFD, uintptr(life[0])},
	})
	syscall.Close(life[0])
	if err != nil {
		return 1
	}
	for {
		child, err := awaitZombie()
		if err != nil || child.pid == guard {
			break
		}
		reap(child.pid)
	}
	killAll(reapAll())
	return 0
}

// reapAll reaps every child until there is none, and says so then.
func reapAll() <-chan struct{} {
	none := make(chan struct{})
	go func() {
		defer close(none)
		for {
			child, err := awaitZombie()
			if err != nil {
				return
			}
			reap(child.pid)
		}
	}()
	return none
}

// killAll kills what is below this process until none says that there is nothing.
// Whoever forks faster than this is met again in the next pass: orphans come to us.
func killAll(none <-chan struct{}) {
	for rest := killRest; ; rest = min(2*rest, killRestMax) {
		for _, p := range descendants(os.Getpid()) {
			p.kill() // what may not be killed is seen by its being there
		}
		select {
		case <-none:
			return
		case <-time.After(rest):
		}
	}
}

// A warden is the guard: the parent of the server.
type warden struct {
	null int // /dev/null

	mu      sync.Mutex
	wire    *json.Encoder
	watched map[int]bool  // the server, and those to follow; guarded by mu
	left    []unreaped    // guarded by mu
	tmp     string        // the server's directory; guarded by mu
	none    chan struct{} // closed when there are no descendants; guarded by mu
}

// serve is the guard. It returns when the drill or the keeper is gone, and nothing that
// it started is there any more.
func serve() int {
	if prepare("quiesce-guard") != nil {
		return 1
	}
	null, err := syscall.Open("/dev/null", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 1
	}
	w := &warden{null: null, wire: json.NewEncoder(os.NewFile(controlFD, "drill")), none: make(chan struct{})}
	close(w.none)
	go w.outliveKeeper()
	w.say(message{Kind: sayHello, PID: os.Getpid()})
	in := &rightsReader{fd: controlFD}
	for requests := json.NewDecoder(in); ; {
		var r request
		if requests.Decode(&r) != nil {
			w.end()
			return 0
		}
		w.answer(r, in)
	}
}

// outliveKeeper ends the guard and all below it when the keeper has ended: nobody would
// do it if the guard were next.
func (w *warden) outliveKeeper() {
	var b [1]byte
	for {
		if _, err := syscall.Read(keeperFD, b[:]); err != syscall.EINTR {
			w.end()
			os.Exit(0)
		}
	}
}

func (w *warden) say(m message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sayLocked(m)
}

// sayLocked sends. If the drill is gone, the reader is told so too.
func (w *warden) sayLocked(m message) { w.wire.Encode(m) }

func (w *warden) answer(r request, in *rightsReader) {
	switch r.Op {
	case opStart:
		w.start(r, in.take())
	case opFollow:
		w.mu.Lock()
		w.watched[r.PID] = true
		w.sayLocked(message{Kind: sayReply})
		w.mu.Unlock()
	case opLeft:
		w.mu.Lock()
		w.sayLocked(message{Kind: sayReply, Any: w.reapLocked(monotonic()), Unreaped: w.left})
		w.mu.Unlock()
	case opKill:
		w.say(w.clear())
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// start starts the server in a session of its own. The lock is held until the drill has
// been told, so that it hears of the start before the exit.
func (w *warden) start(r request, output int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer syscall.Close(output)
	at := monotonic()
	pid, err := syscall.ForkExec(r.Path, r.Argv, &syscall.ProcAttr{
		Dir: r.Dir, Env: r.Env,
		Files: []uintptr{uintptr(w.null), uintptr(output), uintptr(output)},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		errno, _ := errors.AsType[syscall.Errno](err)
		w.sayLocked(message{Kind: sayReply, Errno: errno, Error: err.Error()})
		return
	}
	w.watched, w.left, w.tmp, w.none = map[int]bool{pid: true}, nil, r.Tmp, make(chan struct{})
	go w.wait(w.none)
	w.sayLocked(message{Kind: sayReply, PID: pid, At: at})
}

// wait reaps every child, the server as well as orphans that have come here, until
// there is none: then there are no descendants either.
func (w *warden) wait(none chan struct{}) {
	defer close(none)
	for {
		_, err := awaitZombie()
		at := monotonic()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.reapLocked(at)
		w.mu.Unlock()
	}
}

// reapLocked reaps all children that have exited, the first at a known time, and says
// whether there are others.
//
// Those that come right after the server are children that it had not waited for. Some
// of them may come before: if the server has several threads, the kernel gives us its
// children before it tells us that it has exited.
func (w *warden) reapLocked(at time.Duration) (others bool) {
	exited := 0
	for ; ; at = monotonic() {
		child, err := findZombie(syscall.WNOHANG)
		if err != nil || child.pid == 0 {
			return err == nil
		}
		if w.watched[child.pid] {
			exited = child.pid
			w.exitedLocked(child, at)
		} else if parent := cmp.Or(exited, w.exitingLocked()); parent != 0 {
			w.leftLocked(child.pid, parent)
		}
		reap(child.pid)
	}
}

// exitedLocked tells of the exit of the server.
func (w *warden) exitedLocked(e ending, at time.Duration) {
	delete(w.watched, e.pid)
	w.sayLocked(message{
		Kind: sayExit, PID: e.pid, At: at, Status: int(e.status),
		CPU:    time.Duration(e.usage.Utime.Nano() + e.usage.Stime.Nano()),
		MaxRSS: int64(e.usage.Maxrss) << 10,
	})
}

// exitingLocked returns the server if it is about to exit.
func (w *warden) exitingLocked() int {
	for pid := range w.watched {
		if p, err := readProcess(pid); err == nil && p.flags&exiting != 0 {
			return pid
		}
	}
	return 0
}

// leftLocked keeps a child that the server had not waited for.
func (w *warden) leftLocked(pid, parent int) {
	if p, err := readProcess(pid); err == nil {
		w.left = append(w.left, unreaped{PID: pid, Name: p.name, Parent: parent})
	}
}

// clear kills everything and says what could not be killed.
func (w *warden) clear() message {
	gone := make(chan struct{})
	go func() {
		w.killAll()
		close(gone)
	}()
	select {
	case <-gone:
		return message{Kind: sayReply}
	case <-time.After(killPatience):
		return message{Kind: sayReply, Any: true, Error: fmt.Sprint("cannot kill ", descendants(os.Getpid()))}
	}
}

// end leaves nothing behind, neither processes nor the server's directory.
func (w *warden) end() {
	w.killAll()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tmp != "" {
		os.RemoveAll(w.tmp)
	}
}

func (w *warden) killAll() {
	w.mu.Lock()
	none := w.none
	w.mu.Unlock()
	if !isClosed(none) {
		killAll(none)
	}
}
