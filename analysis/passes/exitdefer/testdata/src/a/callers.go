// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"os"
	"path/filepath"
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

// One of its callers has something to clean up.
func shared(n int) {
	if n > 3 {
		log.Fatal(n) // want `log.Fatal skips the deferred os.Remove of line \d+ in one: the file stays behind`
	}
}

func one() {
	defer os.Remove(pidFile)
	shared(1)
}

func two() { shared(2) }

// It is a helper of everybody.
func everywhere(n int) {
	if n > 3 {
		log.Fatal(n)
	}
}

func three() {
	defer os.Remove(pidFile)
	everywhere(1)
	everywhere(2)
	everywhere(3)
	everywhere(4)
	everywhere(5)
	everywhere(6)
	everywhere(7)
	everywhere(8)
	everywhere(9)
}

// It is run while the function around it is.
func walks(dir string) {
	defer os.RemoveAll(dir)
	filepath.WalkDir(dir, func(_ string, _ os.DirEntry, err error) error {
		if err != nil {
			log.Fatal(err) // want `log.Fatal skips the deferred os.RemoveAll of line \d+ in walks: the file stays behind`
		}
		return nil
	})
	func() {
		if err := serve(); err != nil {
			log.Fatal(err) // want `log.Fatal skips the deferred os.RemoveAll`
		}
	}()
	go func() {
		if err := serve(); err != nil {
			log.Fatal(err) // of exitgoroutine
		}
	}()
}

// It is run later.
func makes(dir string) func() {
	defer os.RemoveAll(dir)
	return func() {
		if err := serve(); err != nil {
			log.Fatal(err)
		}
	}
}
