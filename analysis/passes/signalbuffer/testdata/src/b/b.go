// SPDX-License-Identifier: Apache-2.0

package b

import (
	"os"

	"helper"
)

func throughAnotherPackage() {
	c := make(chan os.Signal)
	helper.Register(c) // want "unbuffered channel"
	<-c
}

func innocent() {
	c := make(chan os.Signal, 1)
	helper.Register(c)
	<-c
	helper.Listen(os.Interrupt)
}
