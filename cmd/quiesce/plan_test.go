// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
)

// planned is a server for the scripts. With the argument "wrong" its app has a mistake,
// with "chatty" it prints a line first, with "report DIR" it stops at once and leaves
// its report there.
func planned() {
	args := os.Args[1:]
	options := []quiesce.Option{quiesce.WithGracePeriod(20 * time.Second)}
	if len(args) == 2 && args[0] == "report" {
		options = append(options, quiesce.WithReportDir(args[1]))
	}
	app := quiesce.New("shop", options...)
	db := app.Add("db", quiesce.Component{Start: quiesce.Nothing, Stop: quiesce.Nothing}, quiesce.Critical(2*time.Second))
	app.Add("http", quiesce.Component{Run: quiesce.Nothing, Drain: quiesce.Nothing}, quiesce.Needs(db), quiesce.Job())
	if slices.Contains(args, "wrong") {
		app.Add("db", quiesce.Component{})
	}
	if slices.Contains(args, "chatty") {
		io.WriteString(os.Stdout, "shop: hello\n")
	}
	os.Exit(app.Main())
}

// TestLimited: more than it may keep is dropped, and said once or more.
func TestLimited(t *testing.T) {
	full := 0
	l := &limited{most: 5, full: func() { full++ }}
	if n, err := io.Copy(l, bytes.NewReader([]byte("abcdefgh"))); n != 8 || err != nil {
		t.Errorf("copied %d, %v", n, err)
	}
	if got := l.buf.String(); got != "abcde" || !l.over || full != 1 {
		t.Errorf("kept %q, over %v, full %d times", got, l.over, full)
	}
}
