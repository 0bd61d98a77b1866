// SPDX-License-Identifier: Apache-2.0

package guarded

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	os.Exit(m.Run())
}

func TestNobody(t *testing.T) {
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
}
