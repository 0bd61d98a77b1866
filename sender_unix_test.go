// SPDX-License-Identifier: Apache-2.0

//go:build unix

package quiesce_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
	"github.com/go-quiesce/quiesce/sigmux/sender"
)

// childSent runs Main with signals whose senders are known.
func childSent() {
	dir, term := flag.String("dir", "", ""), flag.String("term", "", "")
	logged := flag.Bool("logger", false, "")
	flag.Parse()
	opts := []quiesce.Option{
		quiesce.Kubernetes(), quiesce.WithReadinessDelay(0), quiesce.WithSignals(sender.OS()), quiesce.WithTerminationLog(*term),
	}
	if *dir != "" {
		opts = append(opts, quiesce.WithReportDir(*dir))
	}
	if *logged {
		opts = append(opts, quiesce.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))))
	}
	app := quiesce.New("sent", opts...)
	app.Add("worker", quiesce.Component{Run: func(ctx context.Context) error {
		childSays("ready %d", os.Getpid())
		<-ctx.Done()
		childSays("cause: %v", context.Cause(ctx))
		childSays("stop cause: %v", quiesce.StopCause(ctx))
		return nil
	}})
	os.Exit(app.Main())
}

// TestMainTellsTheSender: a SIGTERM of /bin/kill is in all that Main leaves
// behind, with the process that sent it.
func TestMainTellsTheSender(t *testing.T) {
	if err := sender.Supported(); err != nil {
		t.Skip("senders are unknown here:", err)
	}
	for _, arg := range []string{"-logger=false", "-logger"} {
		t.Run(arg, func(t *testing.T) {
			dir := t.TempDir()
			term := filepath.Join(dir, "termination-log")
			if err := os.WriteFile(term, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			c := quiescetest.Child(t, "sent", arg, "-dir="+dir, "-term="+term)
			c.ReportDir = dir
			p := startChild(t, c)
			kill := exec.Command("env", "kill", "-TERM", strconv.Itoa(p.PID()))
			if err := kill.Start(); err != nil {
				t.Fatal(err)
			}
			r := ended(t, p, "exit code 0") // kill is a zombie until then, so it has its name
			if err := kill.Wait(); err != nil {
				t.Error(err)
			}
			want := fmt.Sprintf("terminated by SIGTERM from pid %d (kill) uid %d", kill.Process.Pid, os.Getuid())
			holds(t, r.Stdout, "\ncause: "+want+"\n", "\nstop cause: "+want+"\n")
			if arg == "-logger" {
				holds(t, r.Stderr, `cause="`+want+`"`)
			} else {
				holds(t, r.Stderr, "stop requested: "+want+"\n", "\n  cause: "+want+"\n")
			}
			file, err := os.ReadFile(term)
			if err != nil || !strings.Contains(string(file), "\n"+want+"\n") {
				t.Errorf("termination log %q (%v), want %s", file, err, want)
			}
			if s := r.Report.Causes[0].Sender; s == nil || s.PID != kill.Process.Pid || s.Name != "kill" || !s.Known {
				t.Errorf("sender %v in the report, want process %d", s, kill.Process.Pid)
			}
		})
	}
}

// TestSendersOfEscalation: who hurried and who forced is told too.
func TestSendersOfEscalation(t *testing.T) {
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		src, over := sigmux.NewFake(), make(chan struct{})
		app := quiesce.New("shop", quiesce.Interactive(), quiesce.WithSignals(src),
			quiesce.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		app.Add("hanger", quiesce.Component{Stop: func(context.Context) error {
			<-over
			return nil
		}}, quiesce.Critical(time.Second))
		go func() {
			<-app.Reached(quiesce.StateRunning)
			src.SendFrom(syscall.SIGTERM, sigmux.Sender{Known: true, PID: 1})
			synctest.Wait() // between kinds there is no order
			src.SendFrom(syscall.SIGHUP, testSender)
			for pid := 2; pid <= 3; pid++ {
				time.Sleep(sigmux.CoalesceWindow)
				src.SendFrom(syscall.SIGTERM, sigmux.Sender{Known: true, PID: pid})
			}
		}()
		_ = app.Run(t.Context()) // forced; the report says by whom
		close(over)
		holds(t, app.Report().Text(), "cause: terminated by SIGTERM from pid 1 uid 0\n",
			"hurried: terminated by SIGTERM from pid 2 uid 0 ", "forced: terminated by SIGTERM from pid 3 uid 0 ")
	})
	holds(t, log.String(), "SIGHUP from pid 4242 (kill) uid 0 recorded", "forced by SIGTERM from pid 3 uid 0")
}
