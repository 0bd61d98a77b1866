// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"net"
	"net/http"
	"testing"
	"time"
)

// A listener of one's own is held off as one that the server binds; another, which
// may be shared, is not.
func TestOwnListenerIsHeldOff(t *testing.T) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	for own, with := range map[bool]func(net.Listener) Option{true: WithOwnListener, false: WithListener} {
		ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		d, err := NewServer(&http.Server{}, with(ln)).bind(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d.Shut()
		c, err := net.DialTimeout("tcp", ln.Addr().String(), 50*time.Millisecond)
		if (err != nil) != own {
			t.Errorf("own %v: dial = %v", own, err)
		}
		if c != nil {
			c.Close()
		}
	}
}
