// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux/sender"
)

// TestMainTellsOfOutsiders: in a container, it was the kubelet.
func TestMainTellsOfOutsiders(t *testing.T) {
	if err := sender.Supported(); err != nil {
		t.Skip("senders are unknown here:", err)
	}
	p := startPID1(t, quiescetest.Child(t, "sent", "-logger=false"), false)
	p.Signal(syscall.SIGTERM)
	holds(t, ended(t, p, "exit code 0").Stderr,
		fmt.Sprintf("cause: terminated by SIGTERM from outside the PID namespace, uid %d\n", os.Getuid()))
}
