// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g03 is about mutexes that are not locked.
func g03() claim.Claim {
	return claim.Claim{
		ID:       "G03",
		Told:     "Unlocking an unlocked mutex panics, and can be recovered.",
		Programs: map[string]func(){"unlock": unlock},
		Trial: func(x *claim.Trial) {
			all := true
			for _, kind := range []string{"Mutex.Unlock", "RWMutex.Unlock", "RWMutex.RUnlock"} {
				r := x.Run("unlock", kind)
				x.Told(strings.Contains(r.Stdout, "recovered"), "sync.%s", kind)
				all = all && r.Stdout == "" && r.Code == 2 && strings.HasPrefix(r.Stderr, "fatal error: sync: ")
			}
			x.Fact(all, "Each is a fatal error (`fatal error: sync: unlock of unlocked mutex`): recover is not asked, deferred functions do not run, the exit code is 2.")
			r := x.Run("unlock", "WaitGroup.Done")
			x.Fact(r.Code == 0 && r.Stdout == "recovered sync: negative WaitGroup counter\n", "A `sync.WaitGroup` whose Done is called once too often does panic, and that can be recovered.")
			r = x.Run("unlock", "another goroutine")
			x.Fact(r.Code == 0 && r.Stdout == "", "A mutex that another goroutine has locked can be unlocked without any complaint: a mutex does not know its owner.")
		},
		So:  "Write `defer mu.Unlock()` in the line after Lock. No recover protects a server from this mistake in a handler: it ends the process, without a graceful stop.",
		Vet: "Unlock on a path where the mutex is not locked, or twice on one path",
	}
}

// unlock does what its argument says, and says so if it could recover from it.
func unlock() {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("recovered", r)
		}
	}()
	map[string]func(){
		"Mutex.Unlock":    new(sync.Mutex).Unlock,
		"RWMutex.Unlock":  new(sync.RWMutex).Unlock,
		"RWMutex.RUnlock": new(sync.RWMutex).RUnlock,
		"WaitGroup.Done":  new(sync.WaitGroup).Done,
		"another goroutine": func() {
			var mu sync.Mutex
			mu.Lock()
			<-started(mu.Unlock)
		},
	}[os.Args[1]]()
}
