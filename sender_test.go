// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/sigmux"
)

// senderText is how the cause of a stop names who sent the signal.
const senderText = "terminated by SIGTERM from pid 4242 (kill) uid 0"

var testSender = sigmux.Sender{Known: true, PID: 4242, Name: "kill"}

// TestSenderIsInEveryOutput: what a source says of the sender comes out wherever
// the cause of the stop does.
func TestSenderIsInEveryOutput(t *testing.T) {
	term := filepath.Join(t.TempDir(), "termination-log")
	if err := os.WriteFile(term, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	var toldRun, toldStop error
	r := stoppedBySender(t, quiesce.Component{
		Run: func(ctx context.Context) error {
			<-ctx.Done()
			toldRun = context.Cause(ctx)
			return nil
		},
		Stop: func(ctx context.Context) error {
			toldStop = quiesce.StopCause(ctx)
			return nil
		},
	}, quiesce.WithTerminationLog(term), quiesce.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))

	file, err := os.ReadFile(term)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, r.Text(), "\n  cause: "+senderText+"\n")
	holds(t, string(data), `"text":"`+senderText+`"`, `"signal":"SIGTERM","sender":{"known":true,"pid":4242,"uid":0,"name":"kill"}`)
	holds(t, log.String(), `msg="stop requested: `+senderText+`"`, `cause="`+senderText+`"`)
	holds(t, string(file), "\n"+senderText+"\n")
	if toldRun == nil || toldRun.Error() != senderText || toldStop != toldRun {
		t.Errorf("Run was told %v and Stop %v, want %s", toldRun, toldStop, senderText)
	}
}

// stoppedBySender runs an app until testSender sends it a SIGTERM.
func stoppedBySender(t *testing.T, c quiesce.Component, opts ...quiesce.Option) *quiesce.Report {
	t.Helper()
	var r *quiesce.Report
	synctest.Test(t, func(t *testing.T) {
		src := sigmux.NewFake()
		app := quiesce.New("shop", append(opts, quiesce.WithSignals(src))...)
		app.Add("worker", c)
		go func() {
			<-app.Reached(quiesce.StateRunning)
			src.SendFrom(syscall.SIGTERM, testSender)
		}()
		if err := app.Run(t.Context()); err != nil {
			t.Error(err)
		}
		r = app.Report()
	})
	return r
}
