// SPDX-License-Identifier: Apache-2.0

package door

import "github.com/o/p/tunnel"

func run() error {
	d, err := tunnel.NewDoor()
	if err != nil {
		return err
	}
	return d.Run() // want `d.Run runs until the process is killed: nothing handles SIGTERM, and nothing tells it to stop`
}
