// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/o/p/tunnel"
)

func main() {
	tunnel.Query{}.Run(context.Background())
	s := &tunnel.Service{}
	s.Run(context.Background()) // want `s.Run runs until the process is killed: nothing handles SIGTERM, and nothing tells it to stop`
}
