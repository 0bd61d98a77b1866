// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"os"
)

func work() {
	dir, err := os.MkdirTemp("", "a")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	steps(dir)
}

func steps(dir string) {
	for n := range 3 {
		step(dir, n)
	}
}

func step(dir string, n int) {
	if n > 3 {
		log.Fatalf("step %d of %s", n, dir) // want `log.Fatalf skips the deferred os.RemoveAll of line \d+ in work`
	}
}

// It is called elsewhere, too.
func shared(n int) {
	if n > 3 {
		log.Fatal(n)
	}
}

func one() {
	defer os.Remove(pidFile)
	shared(1)
}

func two() { shared(2) }
