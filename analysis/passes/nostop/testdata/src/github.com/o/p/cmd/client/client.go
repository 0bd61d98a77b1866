// SPDX-License-Identifier: Apache-2.0

package client

import "github.com/o/p/tunnel"

func run() error {
	c, err := tunnel.NewClient()
	if err != nil {
		return err
	}
	return c.Run()
}
