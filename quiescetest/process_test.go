// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiescetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
)

func TestMain(m *testing.M) {
	quiescetest.Children(map[string]func(){
		"serve": serve,
		"dump":  dump,
		"leaks": leaksChild,
		"main":  mainChild,
		"deaf":  func() { fmt.Println("ready"); time.Sleep(time.Hour) },
	})
	os.Exit(quiescetest.RunNoLeaks(m))
}

// serve is the program of the example.
func serve() {
	app := quiesce.New("serve", quiesce.WithGracePeriod(10*time.Second))
	app.Add("server", quiesce.Component{Run: func(ctx context.Context) error {
		fmt.Println("listening as", os.Getpid(), os.Args[1:])
		<-ctx.Done()
		return ctx.Err()
	}})
	os.Exit(app.Main())
}

// dump prints its report, and exits with 7.
func dump() {
	app := quiesce.New("dump")
	app.Add("worker", quiesce.Component{Run: func(context.Context) error { return errors.New("broken") }})
	_ = app.Run(context.Background())
	_ = json.NewEncoder(os.Stdout).Encode(app.Report())
	fmt.Println("that was it")
	os.Exit(7)
}

func ExampleCommand() {
	// In a file of its own:
	//
	//	func TestMain(m *testing.M) {
	//		quiescetest.Children(map[string]func(){"serve": serve})
	//		os.Exit(m.Run())
	//	}

	_ = func(t *testing.T) { // TestStopsOnSIGTERM
		serve := quiescetest.Child(t, "serve")
		serve.Ready = "listening"
		p := serve.Start(t)
		p.Signal(syscall.SIGTERM)
		if r := p.Wait(); r.Status() != "exit code 0" {
			t.Errorf("%s, want exit code 0; it printed\n%s", r.Status(), r.Stderr)
		}
	}
}

func TestChild(t *testing.T) {
	c := quiescetest.Child(t, "serve", "-a", "b")
	c.Ready = "listening"
	p := c.Start(t)
	if got, want := p.Ready(), fmt.Sprintf("listening as %d [-a b]", p.PID()); got != want {
		t.Errorf("ready line %q, want %q", got, want)
	}
	if !p.Signal(syscall.SIGTERM) {
		t.Error("there was nobody to signal")
	}
	p.AwaitStderr("terminated by SIGTERM")
	r := p.Wait()
	if r.Status() != "exit code 0" || r.Code != 0 || r.Signal != nil || r.Report != nil || r.Took <= 0 {
		t.Errorf("result %+v", r)
	}
	if p.Signal(syscall.SIGTERM) {
		t.Error("signalled a process that has ended")
	}
	if again := p.Wait(); again.Status() != r.Status() || again.Stderr != r.Stderr {
		t.Errorf("second result %+v, want %+v", again, r)
	}
}

func TestReportOnStdout(t *testing.T) {
	r := quiescetest.Child(t, "dump").Start(t).Wait()
	if r.Status() != "exit code 7" || r.Report == nil || r.Report.App != "dump" || r.Report.Code != quiesce.CodeFailure {
		t.Errorf("%s with report %+v", r.Status(), r.Report)
	}
}

func TestReportDir(t *testing.T) {
	dir := t.TempDir()
	c := shell("true")
	c.ReportDir = dir
	if r := c.Start(t).Wait(); r.Report != nil {
		t.Errorf("report %+v in an empty directory", r.Report)
	}
	if err := os.WriteFile(filepath.Join(dir, "report.json"), []byte(`{"schema":1,"app":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := c.Start(t).Wait(); r.Report == nil || r.Report.App != "x" {
		t.Errorf("report %+v", r.Report)
	}
}

func shell(script string) quiescetest.Command {
	return quiescetest.Command{Args: []string{"sh", "-c", script}}
}

func TestEnvAndDir(t *testing.T) {
	c := shell(`echo "$X in $(pwd -P)"`)
	c.Dir, c.Env = t.TempDir(), []string{"X=42"}
	dir, err := filepath.EvalSymlinks(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Start(t).Wait().Stdout, "42 in "+dir+"\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestStdin(t *testing.T) {
	p := shell(`while read -r x; do echo "got $x"; done; echo over`).Start(t)
	if !p.Send("one\ntwo\n") {
		t.Error("standard input is closed")
	}
	if got := p.Await("two"); got != "got two" {
		t.Errorf("line %q", got)
	}
	p.CloseStdin()
	p.CloseStdin()
	p.Await("over")
	if p.Send("three\n") {
		t.Error("standard input is still open")
	}
	if r := p.Wait(); r.Stdout != "got one\ngot two\nover\n" {
		t.Errorf("printed %q", r.Stdout)
	}
}

// TestAwaitTakesLinesInTurn: a line is awaited once, and the last one needs no
// end.
func TestAwaitTakesLinesInTurn(t *testing.T) {
	p := shell(`echo a1; echo a2; printf a3`).Start(t)
	for _, want := range []string{"a1", "a2", "a3"} {
		if got := p.Await("a"); got != want {
			t.Errorf("line %q, want %q", got, want)
		}
	}
}

func TestSignalStatus(t *testing.T) {
	p := shell(`kill -USR1 $$`).Start(t)
	if r := p.Wait(); r.Status() != "killed by SIGUSR1" || r.Signal != syscall.SIGUSR1 || r.Code != -1 {
		t.Errorf("result %+v", r)
	}
}

func TestFollowAndGroup(t *testing.T) {
	// The inner shell says its number; the outer one tells how it ended.
	p := shell(`sh -c 'echo inner $$; read x' <&0; echo "ended with $?"; read x`).Start(t)
	pid, err := strconv.Atoi(strings.TrimPrefix(p.Await("inner "), "inner "))
	if err != nil {
		t.Fatal(err)
	}
	p.Follow(pid)
	p.Signal(syscall.SIGTERM)
	p.Await("ended with 143")
	if p.Signal(syscall.SIGTERM) {
		t.Error("signalled a process that has ended")
	}
	p.SignalGroup(syscall.SIGTERM)
	if r := p.Wait(); r.Status() != "killed by SIGTERM" {
		t.Errorf("%s", r.Status())
	}
}

func TestFullOutput(t *testing.T) {
	c := shell(`echo before; echo more >&2; echo after`)
	c.FullStderr = true
	p := c.Start(t)
	p.Await("before")
	if got := p.Stderr(); got != "" || strings.Contains(p.Stdout(), "after") {
		t.Errorf("went on although standard error is full; printed %q and %q", p.Stdout(), got)
	}
	p.Unplug()
	p.AwaitStderr("more")
	if r := p.Wait(); r.Stdout != "before\nafter\n" {
		t.Errorf("printed %q", r.Stdout)
	}
}

// TestFullOutputIsNotAwaited: the end of a child is its end.
func TestFullOutputIsNotAwaited(t *testing.T) {
	c := shell(`exit 3`)
	c.FullStdout, c.FullStderr = true, true
	if r := c.Start(t).Wait(); r.Status() != "exit code 3" || r.Stdout != "" || r.Stderr != "" {
		t.Errorf("result %+v", r)
	}
}

func TestCloseOutput(t *testing.T) {
	p := shell(`read x; echo lost; echo lost >&2; exit 4`).Start(t)
	p.CloseStdout()
	p.Send("go\n")
	if r := p.Wait(); r.Status() != "killed by SIGPIPE" && r.Status() != "exit code 4" || r.Stdout != "" {
		t.Errorf("result %+v", r)
	}
}

// A fakeTB notes how a helper fails the test.
type fakeTB struct {
	testing.TB
	deadline time.Time
	failure  string
	cleanups []func()
}

func (f *fakeTB) Helper()                     {}
func (f *fakeTB) Cleanup(c func())            { f.cleanups = append(f.cleanups, c) }
func (f *fakeTB) Deadline() (time.Time, bool) { return f.deadline, !f.deadline.IsZero() }

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failure runs test with a fake, cleans up after it, and returns how it failed.
func failure(f *fakeTB, test func(t testing.TB)) string {
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(f)
	}()
	<-done
	for _, c := range f.cleanups {
		c()
	}
	return f.failure
}

func TestCommandFailures(t *testing.T) {
	brief := func(c quiescetest.Command) quiescetest.Command {
		c.Timeout = time.Millisecond
		return c
	}
	ready := func(c quiescetest.Command) quiescetest.Command {
		c.Ready = "ready"
		return c
	}
	for _, tc := range []struct {
		name  string
		fake  fakeTB
		test  func(t testing.TB)
		wants []string
	}{
		{"no program", fakeTB{}, func(t testing.TB) { quiescetest.Command{Args: []string{"/no/such"}}.Start(t) }, []string{`start ["/no/such"]`}},
		{"negative", fakeTB{}, func(t testing.TB) { quiescetest.Command{Timeout: -1}.Start(t) }, []string{"timeout -1ns is negative"}},
		{"not ready", fakeTB{}, func(t testing.TB) { ready(shell("echo no; echo why >&2")).Start(t) }, []string{`"ready" did not come on standard output`, "no\n", "why\n"}},
		{"unknown child", fakeTB{}, func(t testing.TB) { ready(quiescetest.Child(t, "nobody")).Start(t) }, []string{`no child "nobody"`}},
		{"too long", fakeTB{}, func(t testing.TB) { brief(shell("read x")).Start(t).Wait() }, []string{"not over in time", "took too long"}},
		{"deadline", fakeTB{deadline: time.Now()}, func(t testing.TB) { shell("read x").Start(t).Wait() }, []string{"not over in time"}},
		{"bad report", fakeTB{}, func(t testing.TB) { shell(`echo '{"schema":'`).Start(t).Wait() }, []string{"the child's report"}},
		{"no such signal", fakeTB{}, func(t testing.TB) { shell("read x").Start(t).Signal(syscall.Signal(99)) }, []string{"send signal 99"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := failure(&tc.fake, tc.test)
			for _, want := range tc.wants {
				if !strings.Contains(got, want) {
					t.Errorf("failed with %q, want %q in it", got, want)
				}
			}
		})
	}
}

// TestTooLongPrintsStacks: a Go child says where it hangs.
func TestTooLongPrintsStacks(t *testing.T) {
	c := quiescetest.Child(t, "deaf")
	c.Timeout, c.Ready = time.Second, "ready"
	got := failure(&fakeTB{}, func(t testing.TB) { c.Start(t).Await("never") })
	if !strings.Contains(got, "SIGQUIT") || !strings.Contains(got, "goroutine 1 ") {
		t.Errorf("failed with %q, want the stacks of its goroutines", got)
	}
}

// TestCleanupKillsGroup: also what the child has left in the background.
func TestCleanupKillsGroup(t *testing.T) {
	var pid int
	got := failure(&fakeTB{}, func(t testing.TB) {
		p := shell(`trap "" TERM HUP; sleep 600 & echo $!; wait`).Start(t)
		pid, _ = strconv.Atoi(p.Await(""))
	})
	if got != "" || pid == 0 {
		t.Fatalf("failed with %q; pid %d", got, pid)
	}
	for syscall.Kill(pid, 0) == nil { // until its new parent has reaped it
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(stat), ") Z ") {
			break
		}
		runtime.Gosched()
	}
}
