// SPDX-License-Identifier: Apache-2.0

package frps

import "github.com/o/p/tunnel"

func run() error {
	s, err := tunnel.NewTunnelServer()
	if err != nil {
		return err
	}
	s.Run() // want `s.Run runs until the process is killed`
	return nil
}
