// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"

	"host.org/me/keeps/web"
)

func main() {
	s := &web.Service{}
	defer s.Close()
	log.Fatal(s.Run(":8080")) // it is reported where it serves
}
