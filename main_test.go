// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"maps"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// TestMain makes the test binary its own child processes: the programs of
// children_test.go and, where there are signals, children_unix_test.go.
func TestMain(m *testing.M) {
	all := maps.Clone(children)
	maps.Copy(all, unixChildren)
	quiescetest.Children(all)
	heedIgnored()
	os.Exit(m.Run())
}

// heedIgnored makes sure that our children start with default actions even if
// we ourselves were started by nohup or in the background: a caught signal has
// its default action after exec, an ignored one stays ignored.
func heedIgnored() {
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
}
