// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// instanceLife bounds the life of an instance: one that is not stopped by then
// has no load, and its test will not end.
const instanceLife = 2 * time.Minute

// An instance is one process of the app.
type instance struct {
	*quiescetest.Process
	t *testing.T
}

// start starts an instance and waits until it is ready.
func (c config) start(t *testing.T) *instance {
	t.Helper()
	cmd := quiescetest.Child(t, "app", c.args()...)
	cmd.Ready = "ready"
	cmd.Timeout = instanceLife
	return &instance{cmd.Start(t), t}
}

// underLoad waits until the instance has answered some requests.
func (i *instance) underLoad() *instance {
	i.t.Helper()
	i.Await("warm")
	return i
}

// stop ends the instance with SIGTERM, and returns how long that took.
func (i *instance) stop() time.Duration {
	i.t.Helper()
	began := time.Now()
	i.Signal(syscall.SIGTERM)
	if r := i.Wait(); r.Code != 0 {
		i.t.Errorf("the app: %s, want exit code 0; stderr:\n%s", r.Status(), r.Stderr)
	}
	return time.Since(began)
}

// rollout is one way to put an instance in the place of another at one address.
// It starts the first one, then for each stop the next.
type rollout struct {
	name  string
	place func(*testing.T, *config) // says where to listen
	early bool                      // the next one is started before the stop
}

var (
	// handover: both have the listening socket, so that connects never fail.
	handover = rollout{"handover", func(t *testing.T, c *config) {
		c.fd, c.addr = inheritable(t)
		c.handover = true
	}, true}

	// restart: between the two instances nobody listens. Clients repeat connects
	// that were refused.
	restart = rollout{"restart", func(t *testing.T, c *config) { c.addr = freeAddr(t) }, false}
)

// run stops n instances under load and returns how long the stops took in all.
func (r rollout) run(t *testing.T, c config, current *instance, n int) time.Duration {
	t.Helper()
	var took time.Duration
	for range n {
		current.underLoad()
		var next *instance
		if r.early {
			next = c.start(t)
		}
		took += current.stop()
		if !r.early {
			next = c.start(t)
		}
		current = next
	}
	current.underLoad()
	return took
}
