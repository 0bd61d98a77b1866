// SPDX-License-Identifier: Apache-2.0

// Memory shows what two goroutines see of each other's writes. Its argument says
// how they do it. It is built with the race detector and without.
package main

import (
	"fmt"
	"os"
	"time"
)

// patience is how long the program tries to see something that is a matter of
// chance. It takes a few milliseconds where two processors are free.
const patience = 20 * time.Second

var modes = map[string]func(){
	"done": func() { cancelled(untilDone) },
	"err":  func() { cancelled(untilErr) },
	"none": func() { cancelled(notAtAll) },

	"count":        func() { count(func() {}) },
	"count-locked": func() { count(lockAndUnlock) },
	"lost":         lost,

	"litmus":        litmus,
	"atomic-cancel": func() { once(newAtomicCancel(1)) },
	"plain":         func() { once(newPlain(1)) },
}

func main() {
	mode := modes[os.Args[1]]
	if mode == nil {
		panic("no mode " + os.Args[1])
	}
	mode()
	fmt.Println("end")
}
