// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestMain lets the test binary be the program that a test starts.
func TestMain(m *testing.M) {
	switch os.Getenv("DEMO_TEST_CHILD") {
	case "broken":
		fmt.Fprintln(os.Stderr, "no such database")
		os.Exit(5)
	case "odd":
		fmt.Println("hello")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestStartFails(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{
		"broken": "ended before it was ready\nno such database",
		"odd":    "invalid character",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Setenv("DEMO_TEST_CHILD", kind)
			c, err := start(t.Context(), program, "x.db", "http://127.0.0.1:1", t.TempDir())
			if err == nil {
				c.kill()
				t.Fatal("start succeeded")
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q, want one with %q", err, want)
			}
		})
	}
}

func TestBuildOutsideACheckout(t *testing.T) {
	t.Setenv("GOWORK", "off")
	_, err := build(t.Context(), t.TempDir(), shopPackage, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "checkout") {
		t.Errorf("error %v, want one that says where to run it", err)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var kept tail
	for i := range 1000 {
		fmt.Fprintf(&kept, "line %d\n", i)
	}
	if got := kept.String(); len(got) != stderrTail || !strings.HasSuffix(got, "line 999\n") {
		t.Errorf("kept %d bytes, ending in %q", len(got), got[max(0, len(got)-20):])
	}
}

func TestChildEnvironment(t *testing.T) {
	got := withoutQuiesce([]string{"A=1", "QUIESCE_GRACE=1s", "QUIESCE_PLAN=text", "B=2"})
	if strings.Join(got, " ") != "A=1 B=2" {
		t.Errorf("environment %q", got)
	}
}
