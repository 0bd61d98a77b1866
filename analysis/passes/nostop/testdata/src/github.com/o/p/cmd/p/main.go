// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"

	"github.com/lib/tui"
	"github.com/o/p/cmd/serve"
)

func main() {
	tui.Draw()
	c := serve.Command{}
	if err := c.Run(); err != nil { // reported where the server is
		log.Fatal(err)
	}
}
