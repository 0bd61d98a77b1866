// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"os"
	"testing"
)

// TestMain makes the test binary its own child processes.
func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(child(mode))
	}
	os.Exit(m.Run())
}

// childMode says what a child is to do.
const childMode = "CTXIO_TEST_CHILD"
