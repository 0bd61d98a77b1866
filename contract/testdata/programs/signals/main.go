// SPDX-License-Identifier: Apache-2.0

// Signals looks at the runtime's signal handlers from inside, with and without
// cgo. Its argument says what at; each line that it prints is "what: value".
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	modes := map[string]func(){"actions": actions, "stacks": stacks, "idle": idle}
	for name, f := range cgoModes {
		modes[name] = f
	}
	f := modes[os.Args[1]]
	if f == nil {
		panic("no mode " + os.Args[1])
	}
	f()
}

// idle has a thread in the network poller, and the main thread in a system call.
// With a further argument it takes the signals, too.
func idle() {
	onMainThread(func() {
		if len(os.Args) > 2 {
			take()
		}
		r, _, err := os.Pipe()
		check(err)
		go func() {
			_, err := r.Read(make([]byte, 1)) // nobody writes
			check(err)
		}()
		fmt.Println("ready")
		untilStdinEnds()
	})
}

// take receives signals for ever.
func take() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGTERM)
	go func() {
		for range c {
		}
	}()
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// tell says what was seen.
func tell(what string, seen any) { fmt.Printf("%s: %v\n", what, seen) }
