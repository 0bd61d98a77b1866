// SPDX-License-Identifier: Apache-2.0

//go:build !linux || !(amd64 || arm64) || quiesce_nosender

package sender

import (
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/sigmux"
)

// TestUnknownHere: the same API, and the signals without their senders.
func TestUnknownHere(t *testing.T) {
	if OS() != sigmux.OS() {
		t.Errorf("source %T, want that of sigmux", OS())
	}
	if err := Supported(); err == nil || !strings.HasPrefix(err.Error(), "sigmux/sender: not in this build (") {
		t.Errorf("Supported = %v", err)
	}
}
