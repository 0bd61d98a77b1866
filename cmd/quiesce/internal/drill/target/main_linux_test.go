// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// roleTest says which program the test binary is to be.
	roleTest = "TARGET_TEST_ROLE"

	// markVariable is in the environment of all processes of one test.
	markVariable = "TARGET_TEST_MARK"

	// patience is how long a test waits for what must come. Under load and the race
	// detector processes take long to start.
	patience = 20 * time.Second

	// pollRest is how long a test waits before it looks at other processes again.
	pollRest = time.Millisecond
)

func TestMain(m *testing.M) {
	Guard()
	if role := os.Getenv(roleTest); role != "" {
		roles()[role](os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// roles are the programs that tests start.
func roles() map[string]func(args []string) {
	return map[string]func(args []string){
		"exit":     exitWith,
		"server":   simpleServer,
		"stubborn": stubborn,
		"fork":     forkAndExit,
		"tree":     treeServer,
		"zombie":   zombieServer,
		"litter":   litterServer,
		"parent":   parentServer,
		"upgrade":  upgradeServer,
		"again":    againServer,
		"drill":    drillProcess,
	}
}

// self returns how a role is started.
func self(role string, args ...string) (argv, env []string) {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return append([]string{exe}, args...), append(os.Environ(), roleTest+"="+role, "GORACE=atexit_sleep_ms=0")
}

// command is a role as a process of this one.
func command(role string, args ...string) *exec.Cmd {
	argv, env := self(role, args...)
	c := exec.Command(argv[0], argv[1:]...)
	c.Env = env
	c.Stderr = os.Stderr
	return c
}

// exitWith exits with the code that it is given.
func exitWith(args []string) {
	code, _ := strconv.Atoi(args[0])
	os.Exit(code)
}

// untilTerm waits for SIGTERM; what must be there before that is done first.
func untilTerm(first func()) {
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	first()
	<-terminate
}

func listen() net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return ln
}

// simpleServer listens, prints "ready ADDRESS" and exits with 0 on SIGTERM.
func simpleServer([]string) {
	untilTerm(func() { fmt.Println("ready", listen().Addr()) })
}

// stubborn ignores all that can be ignored, and says so to who waits for it.
func stubborn([]string) {
	signal.Ignore()
	fmt.Println("stubborn")
	select {}
}

// startStubborn starts one and returns when it is.
func startStubborn(role string, attr *syscall.SysProcAttr) *exec.Cmd {
	c := command(role)
	c.SysProcAttr = attr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err == nil {
		_, err = bufio.NewReader(out).ReadString('\n')
	}
	if err != nil {
		panic(err)
	}
	return c
}

// forkAndExit is the middle of a daemon: its child has a session of its own.
func forkAndExit([]string) {
	c := command("stubborn")
	c.Stdout = os.Stdout
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		panic(err)
	}
}

// treeServer has every kind of descendant that is hard to get rid of, and ignores
// SIGTERM itself.
func treeServer([]string) {
	signal.Ignore(syscall.SIGTERM)
	startStubborn("stubborn", nil)
	startStubborn("fork", nil).Wait()
	startStubborn("stubborn", &syscall.SysProcAttr{Setpgid: true})
	// In a session of its own: the kernel lets a stopped process go on when the end of
	// its parent leaves its group without one in the session.
	stopped := startStubborn("stubborn", &syscall.SysProcAttr{Setsid: true})
	stopped.Process.Signal(syscall.SIGSTOP)
	if _, err := syscall.Wait4(stopped.Process.Pid, nil, syscall.WUNTRACED, nil); err != nil {
		panic(err)
	}
	fmt.Println("ready", listen().Addr())
	select {}
}

// treeSize is how many processes treeServer is.
const treeSize = 5

// zombieServer has a child that has exited, for which it never waits.
func zombieServer([]string) {
	c := command("exit", "0")
	if err := c.Start(); err != nil {
		panic(err)
	}
	if _, err := awaitZombie(); err != nil {
		panic(err)
	}
	simpleServer(nil)
}

// litterServer leaves all that can be left: a child that holds its listener and its unix
// sockets, one of them abstract, and files.
func litterServer(args []string) {
	ln, err := listen().(*net.TCPListener).File()
	if err != nil {
		panic(err)
	}
	files := []*os.File{ln}
	for _, name := range []string{filepath.Join(args[0], "held.sock"), "gone.sock", "@" + args[1]} {
		u, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
		if err != nil {
			panic(err)
		}
		f, _ := u.File()
		if name != "gone.sock" {
			files = append(files, f)
		}
	}
	os.WriteFile(filepath.Join(os.TempDir(), "left.tmp"), []byte("four"), 0o600)
	os.WriteFile(filepath.Join(args[0], "server.pid"), nil, 0o600)
	os.Mkdir(filepath.Join(args[0], "spool"), 0o700)
	os.WriteFile(filepath.Join(args[0], "spool", "1"), nil, 0o600)
	c := command("stubborn")
	c.ExtraFiles = files
	untilTerm(func() {
		if err := c.Start(); err != nil {
			panic(err)
		}
		fmt.Println("ready")
	})
}

// parentServer has a child that holds its output and ends on SIGTERM, as told by its
// arguments: "daemon" in its own session after a second fork.
func parentServer(args []string) {
	role := "stubborn"
	if len(args) > 0 && args[0] == "daemon" {
		role = "fork"
	}
	c := command(role)
	c.Stdout = os.Stdout
	untilTerm(func() {
		if err := c.Start(); err != nil {
			panic(err)
		}
		if role == "fork" {
			c.Wait()
		}
		fmt.Println("ready")
	})
}

// upgradeServer is replaced on USR2 by another of its kind, which inherits its listener;
// it exits when that is ready, unless it is told to stay. It exits with 3 on SIGTERM.
func upgradeServer(args []string) {
	ln := listen
	if slices.Contains(args, "again") {
		ln = func() net.Listener {
			l, err := net.FileListener(os.NewFile(3, "inherited"))
			if err != nil {
				panic(err)
			}
			return l
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR2)
	l := ln()
	fmt.Println("ready", l.Addr())
	if <-signals == syscall.SIGTERM {
		os.Exit(3)
	}
	f, _ := l.(*net.TCPListener).File()
	c := command("upgrade", "again")
	c.ExtraFiles = []*os.File{f}
	out, _ := c.StdoutPipe()
	if err := c.Start(); err != nil {
		panic(err)
	}
	bufio.NewReader(out).ReadString('\n')
	if slices.Contains(args, "stay") {
		<-signals
	}
}

// drillProcess starts a tree, prints the processes of its guard and keeper, and does what
// it reads.
func drillProcess(args []string) {
	argv, env := self("tree")
	out := newLines()
	t, err := Start(context.Background(), Spec{Argv: argv, Env: env, Output: out})
	if err != nil {
		panic(err)
	}
	out.await("ready")
	fmt.Println(t.tree.guard.pid, t.tree.guard.keeper.Process.Pid, t.pid)
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	switch strings.TrimSpace(line) {
	case "panic":
		panic("as told")
	case "print": // to a reader that has gone
		for {
			fmt.Println("more")
		}
	}
	select {}
}

// lines keeps what is written to it.
type lines struct{ got chan string }

func newLines() *lines { return &lines{make(chan string, 100)} }

func (l *lines) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		select {
		case l.got <- strings.TrimSpace(line):
		default:
		}
	}
	return len(p), nil
}

// await returns the rest of the first line that begins so.
func (l *lines) await(prefix string) string {
	late := time.After(patience)
	for {
		select {
		case line := <-l.got:
			if rest, ok := strings.CutPrefix(line, prefix); ok {
				return strings.TrimSpace(rest)
			}
		case <-late:
			panic(fmt.Sprintf("no line %q", prefix))
		}
	}
}

// mark puts a mark into the environment of all that the test starts, and returns it.
func mark(t *testing.T) string {
	m := fmt.Sprintf("%s-%d-%d", t.Name(), os.Getpid(), time.Now().UnixNano())
	t.Setenv(markVariable, m)
	return m
}

// marked returns the processes that have a mark in their environment.
func marked(m string) []process {
	dirs, _ := os.ReadDir("/proc")
	var found []process
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if p, err := readProcess(pid); err == nil && strings.Contains(string(env), markVariable+"="+m) {
			found = append(found, p)
		}
	}
	return found
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(pollRest) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// start starts a role as the server, below a guard, and waits for its ready line.
func start(t *testing.T, role string, args ...string) (*Target, string) {
	t.Helper()
	return startWith(t, Spec{}, role, args...)
}

func startWith(t *testing.T, s Spec, role string, args ...string) (*Target, string) {
	t.Helper()
	s.Argv, s.Env = self(role, args...)
	out := newLines()
	s.Output = out
	server, err := Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, out.await("ready")
}

// stop signals the server and waits for its exit.
func stop(t *testing.T, server *Target, s syscall.Signal) {
	t.Helper()
	if _, err := server.Signal(s, false); err != nil {
		t.Fatal(err)
	}
	awaitClosed(t, "exit", server.Exited())
}

func awaitClosed(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
	}
}
