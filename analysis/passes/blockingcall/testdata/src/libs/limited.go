// SPDX-License-Identifier: Apache-2.0

package libs

import (
	"net"
	"net/http"
	"net/rpc"
	"time"

	"github.com/equinox-io/equinox"
)

func updateInTime(client *http.Client) {
	equinox.Check("a", equinox.Options{HTTPClient: client})
}

func call(conn net.Conn, c *rpc.Client) {
	conn.SetDeadline(time.Now().Add(time.Second))
	c.Call("state", nil, nil)
}
