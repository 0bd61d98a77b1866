// SPDX-License-Identifier: Apache-2.0

package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// helloPatience is how long a guard may take to be there. It takes milliseconds; a
	// program whose main does not call Guard does something else instead.
	helloPatience = 10 * time.Second

	// byePatience is how long one that is let go may take to end. It takes milliseconds.
	byePatience = 5 * time.Second

	// maxIdle is how many guards are kept: as many as there are instances at once.
	maxIdle = 2
)

// errGuardGone is a guard that has ended, and has killed all that it had started.
var errGuardGone = errors.New("the guard of the server has ended, and the server with it")

// A guard is the drill's end of one.
type guard struct {
	conn   *net.UnixConn
	keeper *exec.Cmd
	hello  chan struct{} // closed when pid is there, or the guard is gone
	gone   chan struct{} // closed when the keeper has closed the connection, or the drill has
	ended  chan struct{} // closed when the keeper has ended
	pid    int           // valid when hello is closed; 0: it never was there
	reply  chan message  // to the one call that is under way
	asking sync.Mutex    // held during a call

	mu    sync.Mutex
	fates map[int]*fate // guarded by mu
}

// A fate is how a process that a guard watches will have exited.
type fate struct {
	done chan struct{}
	how  message // valid when done is closed; no Kind: the guard was gone first
}

// newGuard starts a guard and does not wait for it.
func newGuard() (*guard, error) {
	if os.Getenv(roleVariable) != "" {
		return nil, errors.New("main does not call target.Guard first")
	}
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "guard"), os.NewFile(uintptr(fds[1]), "drill")
	defer ours.Close()
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, err
	}
	keeper := &exec.Cmd{
		Path: "/proc/self/exe", // this very program, even if its file has been replaced
		Args: []string{"quiesce-keeper"}, Dir: "/",
		Env:         append(withoutRole(os.Environ()), roleVariable+"="+roleKeeper),
		ExtraFiles:  []*os.File{theirs},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := keeper.Start(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("start a guard: %w", err)
	}
	g := &guard{
		conn: conn.(*net.UnixConn), keeper: keeper, hello: make(chan struct{}), gone: make(chan struct{}), ended: make(chan struct{}),
		reply: make(chan message, 1), fates: map[int]*fate{},
	}
	go g.read()
	go func() {
		keeper.Wait() // how it has ended says nothing
		close(g.ended)
	}()
	return g, nil
}

func withoutRole(env []string) []string {
	var kept []string
	for _, e := range env {
		if !strings.HasPrefix(e, roleVariable+"=") {
			kept = append(kept, e)
		}
	}
	return kept
}

// read takes what the guard says until it is gone.
func (g *guard) read() {
	defer g.lose()
	for messages := json.NewDecoder(g.conn); ; {
		var m message
		if messages.Decode(&m) != nil {
			return
		}
		switch m.Kind {
		case sayHello:
			g.pid = m.PID
			close(g.hello)
		case sayReply:
			g.reply <- m
		case sayExit:
			f := g.fate(m.PID)
			f.how = m
			close(f.done)
		}
	}
}

// lose ends what waits for a guard that is gone.
func (g *guard) lose() {
	g.conn.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.gone)
	if g.pid == 0 {
		close(g.hello)
	}
	for _, f := range g.fates {
		if !isClosed(f.done) {
			close(f.done)
		}
	}
}

// fate returns the fate of a process, which may have been met already.
func (g *guard) fate(pid int) *fate {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.fates[pid]
	if f == nil {
		f = &fate{done: make(chan struct{})}
		g.fates[pid] = f
		if isClosed(g.gone) {
			close(f.done)
		}
	}
	return f
}

// forget drops the fates of the processes of one server: their numbers may come again.
func (g *guard) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.fates)
}

// ready waits until the guard is there.
func (g *guard) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, helloPatience, errors.New("the guard is not there: does main call target.Guard first?"))
	defer cancel()
	select {
	case <-g.hello:
		if g.pid == 0 {
			return errors.New("the guard has ended at once: does main call target.Guard first?")
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// call asks the guard, and sends it a copy of a descriptor if there is a file.
func (g *guard) call(r request, file *os.File) (message, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return message{}, err
	}
	g.asking.Lock()
	defer g.asking.Unlock()
	if err := g.send(append(data, '\n'), file); err != nil {
		return message{}, errGuardGone
	}
	select {
	case m := <-g.reply:
		return m, nil
	case <-g.gone:
		return message{}, errGuardGone
	}
}

func (g *guard) send(data []byte, file *os.File) error {
	if file == nil {
		_, err := g.conn.Write(data)
		return err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var n int
	raw.Control(func(fd uintptr) {
		n, _, err = g.conn.WriteMsgUnix(data, syscall.UnixRights(int(fd)), nil)
	})
	if err == nil && n < len(data) {
		_, err = g.conn.Write(data[n:])
	}
	return err
}

// end lets the guard go; it kills all that it has.
func (g *guard) end() { g.conn.Close() }

// A pool keeps the guards that have nothing to do.
type pool struct {
	mu      sync.Mutex
	idle    []*guard // guarded by mu
	leaving []*guard // let go, and perhaps not ended yet; guarded by mu
}

// guards are those of this process. It is one pool so that a guard that was prepared,
// or has done its work, is there for the next Start, whoever calls it.
var guards pool

// Prepare starts a guard ahead of time, so that the next [Start] need not wait for one.
// It does not wait for it either. [Release] lets it go if it is not needed.
func Prepare() {
	if guards.full() {
		return
	}
	g, err := newGuard()
	if err != nil {
		return // Start will say why
	}
	guards.put(g)
}

// Release lets the guards go that have nothing to do, and waits until they have ended,
// a few seconds at most. Without it they end with this process, or a little later.
func Release() {
	timer := time.NewTimer(byePatience)
	defer timer.Stop()
	for _, g := range guards.empty() {
		select {
		case <-g.ended:
		case <-timer.C:
			return
		}
	}
}

func (p *pool) full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle) >= maxIdle
}

// take returns a guard that is there, one that has nothing to do if there is one.
func (p *pool) take(ctx context.Context) (*guard, error) {
	g := p.get()
	if g == nil {
		var err error
		if g, err = newGuard(); err != nil {
			return nil, err
		}
	}
	if err := g.ready(ctx); err != nil {
		g.end()
		g.keeper.Process.Kill() // it may be something else than a keeper
		return nil, err
	}
	return g, nil
}

func (p *pool) get() *guard {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		g := p.idle[0]
		p.idle = p.idle[1:]
		if !isClosed(g.gone) {
			return g
		}
	}
	return nil
}

// put takes a guard that has nothing to do.
func (p *pool) put(g *guard) {
	g.forget()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) >= maxIdle {
		g.end()
		p.leaving = append(p.leaving, g)
		return
	}
	p.idle = append(p.idle, g)
}

// empty lets all guards go, and returns those that may not have ended yet.
func (p *pool) empty() []*guard {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.idle {
		g.end()
	}
	gone := append(p.leaving, p.idle...)
	p.idle, p.leaving = nil, nil
	return gone
}
