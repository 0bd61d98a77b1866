// SPDX-License-Identifier: Apache-2.0

package owner

import "lib"

func starts(z *lib.Zone) {
	go z.Update() // want `the goroutine cannot be stopped: z.Update has a loop without an end`
}

func hook(zones []*lib.Zone) {
	for _, z := range zones {
		go func() { // want `z.Update has a loop without an end`
			println("started")
			z.Update()
		}()
	}
}

func every(s *server) {
	go lib.Every(s.tick) // want `lib.Every has a loop without an end`
	go lib.Until(s.try)
}

type server struct{ n int }

func (s *server) tick() { s.n++ }

func (s *server) try() error { return nil }
