// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64) && !quiesce_nosender

package sender

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// ended waits for the end and compares status and output.
func ended(t *testing.T, p *quiescetest.Process, status string, lines ...string) {
	t.Helper()
	r := p.Wait()
	got := strings.TrimPrefix(r.Stdout, "ready\n")
	if want := strings.Join(append(lines, ""), "\n"); got != want || r.Status() != status {
		t.Errorf("printed\n%sand ended with %s, want\n%sand %s; stderr:\n%s", got, r.Status(), want, status, r.Stderr)
	}
}

// comm returns the name of this process, as others see it.
func comm(t *testing.T) string {
	t.Helper()
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Skip("needs /proc:", err)
	}
	return strings.TrimSpace(string(name))
}

// halt stops the child, and returns when each of its threads has stopped: until
// then one may still take a signal.
func halt(t *testing.T, p *quiescetest.Process) {
	t.Helper()
	p.Signal(syscall.SIGSTOP)
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(p.PID(), &status, syscall.WUNTRACED, nil)
		if err == nil && status.Stopped() {
			return
		}
		if err != syscall.EINTR {
			t.Fatalf("the child did not stop: %v, status %#x", err, int(status))
		}
	}
}

func num(sig syscall.Signal) string { return strconv.Itoa(int(sig)) }

func TestSenderIsAnotherProcess(t *testing.T) {
	uid := os.Getuid()
	p := start(t, "mux", num(syscall.SIGTERM), num(syscall.SIGUSR1))
	p.Signal(syscall.SIGTERM)
	if got, want := p.Await("SIGTERM"), fmt.Sprintf("SIGTERM from pid %d (%s) uid %d", os.Getpid(), comm(t), uid); got != want {
		t.Errorf("ourselves: %q, want %q", got, want)
	}
	for _, tc := range []struct {
		name string
		cmd  *exec.Cmd
	}{
		// Not waited for before it was seen: its name lasts as long as it is a zombie.
		{"kill", exec.Command("env", "kill", "-USR1", strconv.Itoa(p.PID()))},
		{"sh", exec.Command("sh", "-c", "kill -USR1 $0", strconv.Itoa(p.PID()))},
	} {
		if err := tc.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		got := p.Await("SIGUSR1")
		if want := fmt.Sprintf("SIGUSR1 from pid %d (%s) uid %d", tc.cmd.Process.Pid, tc.name, uid); got != want {
			t.Errorf("%s: %q, want %q", tc.name, got, want)
		}
		if err := tc.cmd.Wait(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// TestSenderThatHasGone: the name is a hint, and the rest is known all the same.
func TestSenderThatHasGone(t *testing.T) {
	p := start(t, "mux", num(syscall.SIGTERM))
	halt(t, p)
	kill := exec.Command("env", "kill", "-TERM", strconv.Itoa(p.PID()))
	if err := kill.Run(); err != nil {
		t.Fatal(err)
	}
	p.Signal(syscall.SIGCONT)
	if got, want := p.Await("SIGTERM"), fmt.Sprintf("SIGTERM from pid %d uid %d", kill.Process.Pid, os.Getuid()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSenderIsOneself(t *testing.T) {
	uids := []int{os.Getuid()}
	if os.Getuid() == 0 {
		uids = append(uids, 65534)
	} else {
		t.Log("not root: no other user")
	}
	for _, uid := range uids {
		t.Run(fmt.Sprint("uid ", uid), func(t *testing.T) {
			p := emulated(quiescetest.Child(t, "self", strconv.Itoa(uid))).Start(t)
			ended(t, p, "exit code 0",
				fmt.Sprintf("kill true true %d false true", uid),
				fmt.Sprintf("tgkill true true %d false true", uid),
				fmt.Sprintf("sigqueue true true %d false true", uid))
		})
	}
}

// TestQueuedSenderSaysWhoItIs: sigqueue lets the sender fill that in.
func TestQueuedSenderSaysWhoItIs(t *testing.T) {
	p := start(t, "mux", "40")
	if err := sigqueue(p.PID(), 40, 1, 4242); err != nil {
		t.Fatal(err)
	}
	if got := p.Await("SIGRTMIN+6"); !strings.HasPrefix(got, "SIGRTMIN+6 from pid 1") || !strings.HasSuffix(got, " uid 4242") {
		t.Errorf("%q, want pid 1 and uid 4242, as the sender says", got)
	}
}

func TestSenderIsTheKernel(t *testing.T) {
	ended(t, emulated(quiescetest.Child(t, "kernel")).Start(t), "exit code 0",
		"SIGALRM from the kernel", "of our child: true true true")
}

func TestSenderOutsideNamespace(t *testing.T) {
	unshare := []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if out, err := exec.Command(unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("needs unshare and the right to make a PID namespace: %v: %s", err, bytes.TrimSpace(out))
	}
	c := emulated(quiescetest.Child(t, "mux", num(syscall.SIGTERM)))
	c.Args, c.Ready = append(unshare, c.Args...), "ready"
	p := c.Start(t)
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", p.PID()))
	if err != nil {
		t.Skip("needs the kernel's list of child processes:", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(list)))
	if err != nil {
		t.Fatalf("children of unshare: %q", list)
	}
	p.Follow(pid)
	p.Signal(syscall.SIGTERM)
	if got, want := p.Await("SIGTERM"), fmt.Sprintf("SIGTERM from outside the PID namespace, uid %d", os.Getuid()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestFirstSenderOfCoalesced: the kernel merges what is pending and keeps the
// first.
func TestFirstSenderOfCoalesced(t *testing.T) {
	p := start(t, "mux", num(syscall.SIGTERM), num(syscall.SIGUSR1))
	first := start(t, "send", strconv.Itoa(p.PID()), num(syscall.SIGTERM), "1")
	halt(t, p)
	first.Send("go\n")
	first.Await("sent")
	p.Signal(syscall.SIGTERM)
	p.Signal(syscall.SIGCONT)
	if got, want := p.Await("SIGTERM"), fmt.Sprintf("SIGTERM from pid %d ", first.PID()); !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	p.Signal(syscall.SIGUSR1) // nothing of the other is left
	if got, want := p.Await(" from "), fmt.Sprintf("SIGUSR1 from pid %d ", os.Getpid()); !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	p.Signal(syscall.SIGTERM)
	if got, want := p.Await(" from "), fmt.Sprintf("SIGTERM from pid %d ", os.Getpid()); !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSeveralAreTold(t *testing.T) {
	p := start(t, "several")
	p.Signal(syscall.SIGTERM)
	us := fmt.Sprintf("pid %d (%s) uid %d", os.Getpid(), comm(t), os.Getuid())
	ended(t, p, "exit code 0",
		"SIGTERM from "+us, "SIGTERM from "+us, "terminated by SIGTERM from "+us, "late: "+us, "once more: unknown", "another: unknown")
}

func TestHookSurvives(t *testing.T) {
	p := emulated(quiescetest.Child(t, "survivor")).Start(t)
	ended(t, p, "exit code 0", "at first: true", "another Notify: true", "its Stop: true", "Reset: true", "Ignore: true",
		"loss: false", "loss, and one more: true")
}

func TestForeignHandlersAreLeftAlone(t *testing.T) {
	notEmulated(t, "it has handlers of its own")
	const refused = "sigmux/sender: SIGUSR1: the handler is not Go's own true"
	ended(t, quiescetest.Child(t, "foreign").Start(t), "exit code 0", refused, refused, refused,
		"sigmux/sender: SIGSEGV: the Go runtime needs it for itself")
}

// TestIgnoredByParent: the runtime gives such a signal back when the last one
// has stopped, and the hook goes with it.
func TestIgnoredByParent(t *testing.T) {
	c := emulated(quiescetest.Child(t, "inherited"))
	c.Args = append([]string{"sh", "-c", `trap "" INT; exec "$@"`, "sh"}, c.Args...)
	ended(t, c.Start(t), "exit code 0", "ignored: true", "taken: true", "given back: true", "taken: true", "given back: true")
}

func TestChildrenAreUnaffected(t *testing.T) {
	p := start(t, "children")
	if got, want := p.Ready(), "ready true true true"; got != want {
		t.Errorf("%q, want %q: the masks of a child before, while and after", got, want)
	}
}

func TestDefaultActionsThroughHook(t *testing.T) {
	t.Run("second Ctrl-C", func(t *testing.T) {
		p := start(t, "context")
		p.Signal(syscall.SIGINT)
		p.Await("terminated by SIGINT from pid ")
		p.Signal(syscall.SIGINT)
		if got := p.Wait().Status(); got != "killed by SIGINT" {
			t.Error(got)
		}
	})
	t.Run("after Reset", func(t *testing.T) {
		p := start(t, "reset")
		p.Signal(syscall.SIGTERM)
		ended(t, p, "killed by SIGTERM")
	})
	t.Run("stacks", func(t *testing.T) {
		p := start(t, "dump")
		p.Signal(syscall.SIGQUIT)
		r := p.Wait()
		if r.Code != 2 || !strings.Contains(r.Stderr, "SIGQUIT: quit") || !strings.Contains(r.Stderr, "goroutine ") {
			t.Errorf("%s, wrote\n%s", r.Status(), r.Stderr)
		}
	})
}

// TestStorm: a million signals from two processes, and one that matters. Some
// senders stay unknown, as a page is full at once; none is wrong.
func TestStorm(t *testing.T) {
	times := 500_000
	if testing.Short() {
		times = 20_000
	}
	p := start(t, "storm")
	var senders [2]*quiescetest.Process
	for i := range senders {
		senders[i] = start(t, "send", strconv.Itoa(p.PID()), num(syscall.SIGUSR1), strconv.Itoa(times))
	}
	for _, s := range senders {
		s.Send("go\n")
	}
	for range 20 {
		p.Signal(syscall.SIGTERM)
		if got, want := p.Await("SIGTERM"), fmt.Sprintf("SIGTERM from pid %d ", os.Getpid()); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, s := range senders {
		s.Await("sent")
	}
	p.Signal(syscall.SIGINT)
	r := p.Wait()
	if r.Code != 0 {
		t.Fatalf("%s; stderr:\n%s", r.Status(), r.Stderr)
	}
	known, unknown := 0, 0
	for line := range strings.Lines(r.Stdout) {
		var pid, n int
		if _, err := fmt.Sscanf(line, "sender %d %d", &pid, &n); err != nil {
			continue
		}
		switch pid {
		case 0:
			unknown += n
		case senders[0].PID(), senders[1].PID():
			known += n
		default:
			t.Errorf("%d signals are said to be from process %d", n, pid)
		}
	}
	if known == 0 {
		t.Error("no sender is known")
	}
	t.Logf("of %d signals %d arrived, the senders of %d are unknown", 2*times, known+unknown, unknown)
}
