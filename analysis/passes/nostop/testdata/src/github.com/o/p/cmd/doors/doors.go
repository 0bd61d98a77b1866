// SPDX-License-Identifier: Apache-2.0

package doors

import "github.com/o/p/tunnel"

// Others know it, and may stop it.
func run(known chan<- *tunnel.Door) error {
	d, err := tunnel.NewDoor()
	if err != nil {
		return err
	}
	known <- d
	return d.Run()
}
