// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// A protocol is what clients speak.
type protocol struct {
	name       string
	tls, http2 bool
}

var (
	http1    = protocol{"http1", false, false}
	http1TLS = protocol{"http1 tls", true, false}
	http2    = protocol{"http2", false, true}
	http2TLS = protocol{"http2 tls", true, true}
)

// A site is where clients find the app, and how they speak to it.
type site struct {
	protocol
	addr  string
	roots string // a file, for TLS
	rtt   time.Duration
	tap   *tap // on the way to it, or nil
}

// at returns how the app is to be started, and where c finds it.
func (p protocol) at(t *testing.T, c client, how rollout, app config, rtt time.Duration) (config, site) {
	t.Helper()
	how.place(t, &app)
	s := site{protocol: p, addr: app.addr, rtt: rtt}
	if p.tls {
		app.tls = certificate(t)
		s.roots = filepath.Join(app.tls, rootsFile)
	}
	if rtt > 0 || p.http2 && c.vague {
		s = far(t, app, s)
	}
	return app, s
}

func (s site) url() string {
	if s.tls {
		return "https://" + s.addr + "/"
	}
	return "http://" + s.addr + "/"
}

// args is what the clients that are scripts are told.
func (s site) args(t *testing.T) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	return []string{host, port, fmt.Sprint(answerSize), s.roots}
}
